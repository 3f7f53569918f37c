using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulcrum.Files;

/// <summary>Parses untrusted JSON: bounded in size and depth, without duplicate keys and without lone
/// surrogates.</summary>
internal static class StrictJson
{
    /// <summary>The largest number of values in a text. Each takes some hundred bytes of memory once it is
    /// parsed.</summary>
    internal const int MostValues = 3 << 20;

    /// <summary>Parses a text. Every value of the result can be read without another error.</summary>
    /// <exception cref="JsonException">It is not JSON, nests deeper than <paramref name="depth"/>, has a key twice, or
    /// holds a lone surrogate.</exception>
    public static JsonNode? Parse(string text, int depth = 64)
    {
        if (text.Length > MostValues && text.AsSpan().Count(',') + text.AsSpan().Count('[') > MostValues)
        {
            throw new JsonException($"it has more than {MostValues} values, too many to be read");
        }

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

    /// <summary>Returns the number of values in a JSON text, lists and objects included. Stops at a mistake, which
    /// <see cref="Parse"/> reports.</summary>
    public static int Values(ReadOnlySpan<byte> text)
    {
        Utf8JsonReader reader = new(text);
        int values = 0;
        try
        {
            while (reader.Read())
            {
                values += reader.TokenType
                    is JsonTokenType.PropertyName
                        or JsonTokenType.EndObject
                        or JsonTokenType.EndArray
                    ? 0
                    : 1;
            }
        }
        catch (JsonException) { }

        return values;
    }

    /// <summary>Reads and parses a file.</summary>
    /// <exception cref="InputException">As for <see cref="BoundedFile.Open"/>.</exception>
    /// <exception cref="JsonException">As for <see cref="Parse"/>.</exception>
    public static JsonNode? ReadFile(string path, int depth = 64, long mostBytes = BoundedFile.Text) =>
        Parse(BoundedFile.ReadText(path, mostBytes), depth);

    /// <summary>Returns the message of an error without its position.</summary>
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

    /// <summary>Returns the message of an error with its line, counted from 1, for a file that is one JSON
    /// text.</summary>
    public static string Located(Exception e) =>
        e is JsonException { LineNumber: { } line } json ? $"{Sentence(json)} (line {line + 1})" : e.Message;

    // JsonNode finds a lone surrogate, written as \ud800, only when a text is read.
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
