using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulcrum.Files;

/// <summary>JSON of strangers: bounded in size and depth, every key once, every text a text.</summary>
public static class StrictJson
{
    /// <summary>Parses a text; everything in it can be read without a further error.</summary>
    /// <exception cref="JsonException">It is not JSON, nests deeper than <paramref name="depth"/>, has a key twice, or
    /// holds half a character.</exception>
    public static JsonNode? Parse(string text, int depth = 64)
    {
        try
        {
            JsonNode? node = JsonNode.Parse(
                text,
                documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = depth }
            );
            if (text.Contains("\\u", StringComparison.Ordinal))
            {
                ReadTexts(node);
            }

            return node;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>Reads and parses a file.</summary>
    /// <exception cref="InputException">It is larger than <paramref name="mostBytes"/>.</exception>
    /// <exception cref="JsonException">As for <see cref="Parse"/>.</exception>
    public static JsonNode? ReadFile(string path, int depth = 64, long mostBytes = 1 << 26) =>
        Parse(ReadText(path, mostBytes), depth);

    /// <summary>Reads a text file of limited size.</summary>
    /// <exception cref="InputException">It is larger than <paramref name="mostBytes"/>.</exception>
    public static string ReadText(string path, long mostBytes = 1 << 26) => BoundedFile.ReadText(path, mostBytes);

    /// <summary>What is wrong, without the place: whoever shows it names file and line, counted from 1.</summary>
    public static string Sentence(JsonException e)
    {
        string message = e.Message.ReplaceLineEndings(" ");
        int place = new[] { " Path: ", " LineNumber: " }
            .Select(p => message.IndexOf(p, StringComparison.Ordinal))
            .Where(at => at > 0)
            .DefaultIfEmpty(message.Length)
            .Min();
        return message[..place].TrimEnd('.');
    }

    /// <summary>The same with the line, counted from 1, for a file that is one JSON text.</summary>
    public static string Located(Exception e) =>
        e is JsonException { LineNumber: { } line } json ? $"{Sentence(json)} (line {line + 1})" : e.Message;

    // A lone surrogate, written as \ud800, is found only when a text is asked for.
    private static void ReadTexts(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach ((_, JsonNode? value) in o)
                {
                    ReadTexts(value);
                }

                break;
            case JsonArray a:
                foreach (JsonNode? value in a)
                {
                    ReadTexts(value);
                }

                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                _ = v.GetValue<string>();
                break;
        }
    }
}
