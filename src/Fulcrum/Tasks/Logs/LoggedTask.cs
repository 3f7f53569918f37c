using Fulcrum.Tasks.Grading;

namespace Fulcrum.Tasks.Logs;

/// <summary>One task in the log of another program.</summary>
/// <param name="Name">Task, and where there are several: metric and filter (<c>quiz/acc_norm</c>).</param>
/// <param name="Answers">An answer an item, in the log's order.</param>
internal sealed record LoggedTask(string Name, IReadOnlyList<LoggedAnswer> Answers)
{
    /// <summary>The largest number of metrics, filters or scorers of a task that are read. Each makes a task of all
    /// items.</summary>
    public const int MostOfOne = 1000;

    /// <summary>Returns the answers as lines of an answer file. Where only some items name a cluster, each other item
    /// is a cluster of its own.</summary>
    public IEnumerable<Answer> ToAnswers() =>
        Answers.Any(a => a.Cluster.Length > 0)
            ? Answers.Select(a => (a.Cluster.Length > 0 ? a : a with { Cluster = a.Id }).ToAnswer())
            : Answers.Select(a => a.ToAnswer());

    /// <summary>Refuses a log that names more measures than any program writes.</summary>
    /// <exception cref="InputException">There are too many.</exception>
    public static void RequireFew(long measures, string what) =>
        _ =
            measures <= MostOfOne
                ? measures
                : throw new InputException(
                    $"{what} names {measures} combinations of measures; at most {MostOfOne} are read"
                );
}

/// <summary>The answer to one item in the log of another program.</summary>
/// <param name="Cluster">The member of a group, or the part of the id before its last slash.</param>
/// <param name="Score">0 to 1; null where the item was not scored.</param>
/// <param name="Requests">Pairs of prompt and continuation; null: not logged.</param>
/// <param name="LogLikelihoods">One for each request; null: the answer was written, or they are not logged.</param>
/// <param name="Content">The content of the item, to check that two logs have the same items; null: not logged.</param>
internal sealed record LoggedAnswer(
    string Id,
    string Cluster,
    double? Score,
    string Prediction,
    string Target,
    string? Input = null,
    string? Output = null,
    string? Content = null,
    IReadOnlyList<IReadOnlyList<string>>? Requests = null,
    IReadOnlyList<double>? LogLikelihoods = null
)
{
    /// <summary>Returns the answer as a line of an answer file.</summary>
    public Answer ToAnswer() =>
        new(
            Id,
            Cluster,
            "",
            Score,
            Prediction,
            Target,
            ReplyGrade.VerdictOf(Score),
            Input: Input,
            Output: LogLikelihoods is null ? Output : null,
            LogLikelihoods: LogLikelihoods,
            Requests: Requests
        );
}
