using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>The names of class labels that Python's <c>datasets</c> stores in the footer of a Parquet file, under the
/// key <c>huggingface</c>.</summary>
internal static class ParquetLabels
{
    private const string Key = "huggingface";

    /// <summary>Returns the names by column, in the order of their numbers; null if there are none that can be
    /// read.</summary>
    /// <param name="footer">The keys and values of the footer.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>>? In(IReadOnlyDictionary<string, string>? footer)
    {
        string? text = footer?.GetValueOrDefault(Key);
        Dictionary<string, IReadOnlyList<string>> labels = new(StringComparer.Ordinal);
        foreach ((string column, JsonNode? feature) in Features(text))
        {
            if (Names(feature) is { Count: > 0 } names)
            {
                labels[column] = names;
            }
        }

        return labels.Count > 0 ? labels : null;
    }

    // Rows can be read without the names, so a text of another form is ignored.
    private static JsonObject Features(string? text)
    {
        try
        {
            JsonObject? root = text is null ? null : StrictJson.Parse(text) as JsonObject;
            return (root?["info"] as JsonObject)?["features"] as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    // For a column of lists, "feature" describes the elements.
    private static IReadOnlyList<string>? Names(JsonNode? node)
    {
        JsonObject? feature = (node as JsonObject)?["feature"] as JsonObject ?? node as JsonObject;
        return
            IsText(feature?["_type"], out string? type)
            && type == "ClassLabel"
            && feature!["names"] is JsonArray names
            && names.All(n => IsText(n, out _))
            ? [.. names.Select(n => n!.GetValue<string>())]
            : null;
    }

    private static bool IsText(JsonNode? node, out string? text)
    {
        text = null;
        return node is JsonValue value && value.TryGetValue(out text);
    }
}
