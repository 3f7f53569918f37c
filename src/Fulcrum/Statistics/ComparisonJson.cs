using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fulcrum.Statistics;

/// <summary>Writes and reads <c>comparison.json</c>.</summary>
public static class ComparisonJson
{
    /// <summary>Snake case, indented, readable beyond ASCII: of every JSON file that a comparison is made of.</summary>
    internal static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The comparison as JSON; equal comparisons give equal texts.</summary>
    public static string Print(Comparison comparison) => JsonSerializer.Serialize(comparison, Options) + "\n";

    /// <summary>Reads what <see cref="Print"/> wrote.</summary>
    /// <exception cref="InputException">The text is not a comparison.</exception>
    public static Comparison Parse(string text, string source)
    {
        try
        {
            return JsonSerializer.Deserialize<Comparison>(text, Options)
                ?? throw new InputException($"{source}: holds null");
        }
        catch (JsonException e)
        {
            throw new InputException($"{source}: not a comparison: {e.Message}", e);
        }
    }
}
