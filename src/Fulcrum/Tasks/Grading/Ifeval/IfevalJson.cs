using System.Text;
using System.Text.Json;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>Tells whether a text is JSON as Python's parser takes it: with <c>NaN</c>, infinities and repeated
/// keys.</summary>
internal static class IfevalJson
{
    private static readonly string[] Fences = ["```json", "```Json", "```JSON", "```"];
    private static readonly string[] Constants = ["NaN", "-Infinity", "Infinity"];

    /// <summary>Tells whether a text is JSON once white space and code fences around it are removed.</summary>
    public static bool Is(string text)
    {
        string bare = PythonText.Strip(text);
        foreach (string fence in Fences)
        {
            bare = bare.StartsWith(fence, StringComparison.Ordinal) ? bare[fence.Length..] : bare;
        }

        bare = bare.EndsWith("```", StringComparison.Ordinal) ? bare[..^3] : bare;
        try
        {
            using JsonDocument _ = JsonDocument.Parse(
                WithoutConstants(PythonText.Strip(bare)),
                new JsonDocumentOptions { MaxDepth = JsonGrader.Depth }
            );
            return true;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return false;
        }
    }

    // Outside of strings the constants become null, which is valid in the same places.
    private static string WithoutConstants(string json)
    {
        StringBuilder written = new(json.Length);
        bool text = false;
        for (int i = 0; i < json.Length; i++)
        {
            string? constant = text
                ? null
                : Array.Find(Constants, c => string.CompareOrdinal(json, i, c, 0, c.Length) == 0);
            if (constant is not null)
            {
                written.Append("null");
                i += constant.Length - 1;
                continue;
            }

            text ^= json[i] == '"';
            written.Append(json[i]);
            if (text && json[i] == '\\' && i + 1 < json.Length)
            {
                written.Append(json[++i]);
            }
        }

        return written.ToString();
    }
}
