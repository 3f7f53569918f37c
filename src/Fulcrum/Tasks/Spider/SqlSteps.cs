namespace Fulcrum.Tasks.Spider;

/// <summary>How far a predicted query gets: it parses, it refers to tables and columns that exist, it runs to its end,
/// its result is right. Each step includes the ones before it.</summary>
internal static class SqlSteps
{
    /// <summary>The steps' names among an answer's measures, in their order.</summary>
    public static readonly IReadOnlyList<string> Names = ["parses", "names_exist", "executes", "right_result"];

    /// <summary>The number of steps that a verdict of the SQL grader amounts to, 0 to 4; null where the item is
    /// unscored.</summary>
    /// <remarks>A query that is stopped, or refused for what it would do, has parsed; the stopped one also had its
    /// names resolved.</remarks>
    public static int? Reached(string verdict) =>
        verdict switch
        {
            "gold-failed" => null,
            "no-query" or "empty" or "syntax-error" => 0,
            "unknown-name" or "refused" => 1,
            "correct" => 4,
            "wrong-result" => 3,
            _ => 2, // execution-error, time-limit, row-limit, memory-limit, crashed: it was under way
        };

    /// <summary>A grade with its steps among the measures.</summary>
    public static Grade With(Grade grade) =>
        Reached(grade.Verdict) is not { } steps
            ? grade
            : grade with
            {
                Measures = new SortedDictionary<string, double>(
                    Names.Select((name, i) => (name, i)).ToDictionary(s => s.name, s => s.i < steps ? 1.0 : 0),
                    StringComparer.Ordinal
                ),
            };
}
