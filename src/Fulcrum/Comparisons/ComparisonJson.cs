using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Comparisons;

/// <summary>Writes and reads <c>comparison.json</c>.</summary>
internal static class ComparisonJson
{
    // A candidate of two tasks takes about 54 kB.
    private const long LargestFile = 1L << 29;

    /// <summary>Returns the comparison as JSON; equal comparisons give equal texts.</summary>
    public static string Print(Comparison comparison) =>
        JsonSerializer.Serialize(comparison, SnakeCaseJson.Options) + "\n";

    /// <summary>Writes the text of <see cref="Print(Comparison)"/> as a file, without having the text of a thousand
    /// candidates in memory.</summary>
    /// <exception cref="InputException">As for <see cref="AtomicFile.Write"/>.</exception>
    public static void Write(string path, Comparison comparison) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                JsonSerializer.Serialize(stream, comparison, SnakeCaseJson.Options);
                stream.WriteByte((byte)'\n');
            }
        );

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InputException">The file is missing or too large, or it is not a comparison.</exception>
    public static Comparison Read(string path) => StoredJson.Read<Comparison>(path, "a comparison", LargestFile);

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
