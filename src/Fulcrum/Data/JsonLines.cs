using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>JSON Lines: UTF-8, one object a line; <c>-</c> is standard input or output.</summary>
public static class JsonLines
{
    /// <summary>How output lines are written: snake_case names, non-ASCII text as it is, one line.</summary>
    public static readonly JsonSerializerOptions Output = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = false,
    };

    /// <summary>Reads lines lazily, in order; blank lines are errors like any other line that is no object.</summary>
    /// <param name="fields">The fields that a line may have beside <c>id</c> and <c>meta</c>; null: any.</param>
    /// <exception cref="InputException">The file is missing, or a line is not an object or has an unknown field; names
    /// file and line.</exception>
    /// <param name="mostBytes">Of the file, which must be a regular one then; null: any number, of a pipe as well.</param>
    /// <param name="longestLine">Bytes of a line.</param>
    public static IEnumerable<JsonLine> Read(
        string path,
        IReadOnlySet<string>? fields = null,
        long? mostBytes = null,
        long longestLine = LineLimit.LongestLine
    )
    {
        string name = path == "-" ? "standard input" : path;
        using StreamReader reader = new(
            new LineLimit(Open(path, mostBytes), name, longestLine),
            new UTF8Encoding(false, throwOnInvalidBytes: true)
        );
        for (int number = 1; ReadLine(reader, name, number) is { } text; number++)
        {
            yield return new JsonLine(name, number, Parse(text, name, number, fields));
        }
    }

    /// <summary>Opens a file, or standard output, for writing lines; the caller disposes it.</summary>
    public static StreamWriter Create(string path) =>
        new(path == "-" ? Console.OpenStandardOutput() : File.Create(path), new UTF8Encoding(false)) { NewLine = "\n" };

    private static Stream Open(string path, long? mostBytes)
    {
        if (path == "-")
        {
            return Console.OpenStandardInput();
        }

        try
        {
            return mostBytes is { } most ? BoundedFile.Open(path, most) : File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    private static string? ReadLine(StreamReader reader, string name, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{name} line {number}: not valid UTF-8", e);
        }
    }

    private static JsonObject Parse(string text, string name, int number, IReadOnlySet<string>? fields)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InputException($"{name} line {number}: it is empty; expected a JSON object");
        }

        try
        {
            JsonObject line =
                StrictJson.Parse(text) as JsonObject
                ?? throw new InputException($"{name} line {number}: expected a JSON object");
            foreach ((string field, _) in line)
            {
                if (fields is not null && field is not ("id" or "meta") && !fields.Contains(field))
                {
                    throw new InputException(
                        $"{name} line {number}: unknown field '{field}'; known are {string.Join(", ", fields.Order(StringComparer.Ordinal))}"
                    );
                }
            }

            return line;
        }
        catch (JsonException e)
        {
            throw new InputException($"{name} line {number}: not valid JSON: {StrictJson.Sentence(e)}", e);
        }
    }
}

/// <summary>One line of a JSON Lines file, and where it stands.</summary>
public sealed record JsonLine(string File, int Number, JsonObject Value)
{
    /// <summary>An error about this line.</summary>
    public InputException Error(string what) => new($"{File} line {Number}: {what}");
}
