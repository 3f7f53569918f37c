namespace Fulcrum.Tasks.Grading;

/// <summary>The grade of one written reply: its scores by name, what the reply was read as, and by which
/// rule.</summary>
/// <param name="Score">The score that stands for the item, 0 to 1; null: the item cannot be scored.</param>
/// <param name="Prediction">What the reply was read as; empty where nothing was found.</param>
/// <param name="Verdict"><c>correct</c>, <c>partial</c>, <c>wrong</c>, <c>unparsable</c>, <c>time-limit</c> or
/// <c>unscored</c>.</param>
/// <param name="Scores">Every score of the grader by its name; null where a score is undefined.</param>
/// <param name="Rule">The rule that was applied, as <c>docs/method.md</c> names it.</param>
/// <param name="Reason">An explanation as a sentence; null if the verdict needs none.</param>
internal sealed record ReplyGrade(
    double? Score,
    string Prediction,
    string Verdict,
    IReadOnlyDictionary<string, double?> Scores,
    string? Rule = null,
    string? Reason = null
)
{
    /// <summary>Scores that are lists, such as one value per instruction; empty for most graders.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Lists { get; init; } =
        new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);

    /// <summary>The verdict on a reply whose score is unknown.</summary>
    public const string Unscored = "unscored";

    /// <summary>The reason where a pattern exceeded its time limit.</summary>
    public const string TooSlow = "a pattern took longer than its time limit on this reply";

    /// <summary>Returns the verdict that a score between 0 and 1 has where nothing went wrong.</summary>
    public static string VerdictOf(double? score) =>
        score switch
        {
            null => "unscored",
            1 => "correct",
            0 => "wrong",
            _ => "partial",
        };

    /// <summary>Returns scores in the order in which they are given.</summary>
    internal static Dictionary<string, double?> Named(params ReadOnlySpan<(string Name, double? Value)> scores)
    {
        Dictionary<string, double?> named = new(StringComparer.Ordinal);
        foreach ((string name, double? value) in scores)
        {
            named.Add(name, value);
        }

        return named;
    }

    /// <summary>Returns 1 for true and 0 for false.</summary>
    internal static double Number(bool holds) => holds ? 1 : 0;
}
