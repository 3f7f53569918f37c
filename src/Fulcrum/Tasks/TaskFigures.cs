namespace Fulcrum.Tasks;

/// <summary>Task or group to metric to figure, in the order in which they are written.</summary>
public sealed class TaskFigures : OrderedDictionary<string, OrderedDictionary<string, MeasuredValue>>
{
    /// <summary>The mean score of a task over its questions; empty where no item is scored. The forms of one question
    /// count as one.</summary>
    public static TaskFigures OfScores(string task, IEnumerable<Answer> answers)
    {
        double[] scores = [.. QuestionForms.Joined([.. answers]).Select(a => a.Score).OfType<double>()];
        return new() { [task] = scores.Length == 0 ? [] : new() { ["score"] = MeasuredValue.Mean(scores) } };
    }
}

/// <summary>One figure of a task over all its items.</summary>
/// <param name="StandardError">Null where there is none.</param>
public sealed record MeasuredValue(double Value, double? StandardError)
{
    /// <summary>A mean and its standard error: deviation with n - 1, divided by the root of n; none for one
    /// item.</summary>
    public static MeasuredValue Mean(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        double squares = values.Sum(v => (v - mean) * (v - mean));
        return new(mean, values.Count < 2 ? null : Math.Sqrt(squares / (values.Count - 1) / values.Count));
    }
}
