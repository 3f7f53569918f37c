using System.Text.Json;
using Fulcrum.Data;

namespace Fulcrum.Comparisons;

/// <summary>Writes and reads <c>comparison.json</c>.</summary>
internal static class ComparisonJson
{
    /// <summary>Returns the comparison as JSON; equal comparisons give equal texts.</summary>
    public static string Print(Comparison comparison) =>
        JsonSerializer.Serialize(comparison, SnakeCaseJson.Options) + "\n";

    /// <summary>Returns the comparison of two sides as JSON.</summary>
    public static string Print(TasksComparison comparison) =>
        JsonSerializer.Serialize(comparison, SnakeCaseJson.Options) + "\n";

    /// <summary>Returns the comparison of several candidates as JSON.</summary>
    public static string Print(CandidatesComparison comparison) =>
        JsonSerializer.Serialize(comparison, SnakeCaseJson.Options) + "\n";

    /// <summary>Reads what <see cref="Print(Comparison)"/> wrote.</summary>
    /// <exception cref="InputException">The text is not a comparison.</exception>
    public static Comparison Parse(string text, string source) =>
        StoredJson.Parse<Comparison>(text, source, "a comparison");
}
