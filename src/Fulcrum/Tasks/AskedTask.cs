using System.Text.Json.Nodes;

namespace Fulcrum.Tasks;

/// <summary>A task as <c>measure</c> and <c>items</c> see it: items in order, each with its question and its
/// grade.</summary>
/// <param name="Name">Of its answer file.</param>
/// <param name="Parts">The tasks of a group, or the one task that it is.</param>
/// <param name="Figures">From the numbers of the items to the figures of the parts, and of the groups over
/// them.</param>
public sealed record AskedTask(
    string Name,
    IReadOnlyList<AskedPart> Parts,
    Func<IReadOnlyList<PartScores>, TaskFigures> Figures
)
{
    /// <summary>Whether members have answer files of their own.</summary>
    public bool IsGroup => Parts.Count > 1 || Parts[0].Name != Name;
}

/// <summary>A task without members.</summary>
/// <param name="Member">What stands before its items' ids in the file of the group; empty for a task alone.</param>
public sealed record AskedPart(string Name, string Member, IReadOnlyList<AskedItem> Items);

/// <summary>One item.</summary>
/// <param name="Id">Within its part: <c>test/17</c>.</param>
/// <param name="Cluster">Items that share a cluster are not independent.</param>
/// <param name="Target">The right answer; null where there is none.</param>
/// <param name="Grade">The answer line of a reply, without the id, and the numbers of each metric.</param>
public sealed record AskedItem(
    string Id,
    string Cluster,
    Question Question,
    JsonNode? Target,
    Func<Reply, GradedItem> Grade
);

/// <summary>A graded reply.</summary>
/// <param name="Line">The fields of its answer line behind <c>id</c> and <c>cluster</c>.</param>
/// <param name="Scores">Metric to its numbers: one, or several that only mean something together.</param>
public sealed record GradedItem(JsonObject Line, IReadOnlyDictionary<string, double[]> Scores);

/// <summary>The numbers of all items of a part, metric by metric.</summary>
public sealed record PartScores(string Part, IReadOnlyDictionary<string, IReadOnlyList<double[]>> Metrics, int Items);

/// <summary>Task or group to metric to figure, in the order in which they are written.</summary>
public sealed class TaskFigures : OrderedDictionary<string, OrderedDictionary<string, MeasuredValue>>;

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
