using System.Text.Json;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Comparisons;

/// <summary>Writes and reads <c>comparison.json</c>.</summary>
internal static partial class ComparisonJson
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
    public static Comparison Read(string path) =>
        Understood(path, () => StoredJson.Read<Comparison>(path, "a comparison", LargestFile));

    /// <summary>Returns the comparison of two sides as JSON.</summary>
    public static string Print(TasksComparison comparison) =>
        JsonSerializer.Serialize(comparison, SnakeCaseJson.Options) + "\n";

    /// <summary>Returns the comparison of several candidates as JSON.</summary>
    public static string Print(CandidatesComparison comparison) =>
        JsonSerializer.Serialize(comparison, SnakeCaseJson.Options) + "\n";

    /// <summary>Reads what <see cref="Print(Comparison)"/> wrote.</summary>
    /// <exception cref="InputException">The text is not a comparison.</exception>
    public static Comparison Parse(string text, string source) =>
        Understood(source, () => StoredJson.Parse<Comparison>(text, source, "a comparison"));

    // The bounds of a file without a figure of today followed another rule, so the figure is not made up for it.
    private static Comparison Understood(string source, Func<Comparison> read)
    {
        try
        {
            return read();
        }
        catch (InputException e)
            when (e.InnerException is JsonException json && Missing().Match(json.Message) is { Success: true } missing)
        {
            throw new InputException(
                $"{source}: not a comparison: {missing.Groups[1].Value} is missing. Another version of Fulcrum wrote "
                    + "this file, or it was changed since. Delete it and repeat the command that made the run: it "
                    + "compares the stored answers again",
                e
            );
        }
    }

    [GeneratedRegex("missing required properties including: '([^']*)'")]
    private static partial Regex Missing();
}
