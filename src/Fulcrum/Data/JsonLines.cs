using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Data;

/// <summary>Reads and writes JSON Lines: UTF-8, one object per line; <c>-</c> is standard input or output.</summary>
internal static class JsonLines
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Options of output lines: snake_case names, unescaped non-ASCII text, one line per object.</summary>
    public static readonly JsonSerializerOptions Output = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = false,
    };

    /// <summary>Reads lines lazily, in order. Lines end at line feeds only; blank lines are skipped. A file whose name
    /// ends in <c>.gz</c> is decompressed.</summary>
    /// <param name="fields">The fields that a line may have in addition to <c>id</c> and <c>meta</c>; null:
    /// any.</param>
    /// <exception cref="InputException">The file is missing, or a line is not an object or has an unknown field; names
    /// file and line.</exception>
    /// <param name="mostBytes">The largest size of the file, in bytes; the file must then be a regular one. Null: no
    /// limit, and pipes are allowed.</param>
    /// <param name="longestLine">The largest size of a line, in bytes.</param>
    /// <param name="counts">Whether <see cref="JsonLine.Values"/> is counted.</param>
    public static IEnumerable<JsonLine> Read(
        string path,
        IReadOnlySet<string>? fields = null,
        long? mostBytes = null,
        long longestLine = LineLimit.LongestLine,
        bool counts = false
    )
    {
        string name = path == "-" ? "standard input" : path;
        using LineLimit stream = new(Open(path, mostBytes), name, longestLine, mostBytes ?? long.MaxValue);
        int number = 0;
        foreach (byte[] line in Lines(stream, name))
        {
            string text = Decoded(line, name, ++number);
            if (!string.IsNullOrWhiteSpace(text))
            {
                yield return new JsonLine(name, number, Parse(text, name, number, fields))
                {
                    Values = counts ? StrictJson.Values(line) : 0,
                    Bytes = line.Length,
                };
            }
        }
    }

    /// <summary>Opens a file, or standard output, for writing lines; the caller disposes it.</summary>
    public static StreamWriter Create(string path) =>
#pragma warning disable RS0030 // the file or the standard output that the user names
        new(path == "-" ? Console.OpenStandardOutput() : File.Create(path), new UTF8Encoding(false)) { NewLine = "\n" };
#pragma warning restore RS0030

#pragma warning disable RS0030 // the file or the standard input that the user names, such as a pipe
    private static Stream Open(string path, long? mostBytes)
    {
        if (path == "-")
        {
            return Console.OpenStandardInput();
        }

        try
        {
            Stream file = mostBytes is { } most ? BoundedFile.Open(path, most) : File.OpenRead(path);
            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(file, CompressionMode.Decompress)
                : file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

#pragma warning restore RS0030

    private static IEnumerable<byte[]> Lines(Stream stream, string name)
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream line = new();
        for (int read = Fill(stream, buffer, name); read > 0; read = Fill(stream, buffer, name))
        {
            int start = 0;
            for (int end; (end = Array.IndexOf(buffer, (byte)'\n', start, read - start)) >= 0; start = end + 1)
            {
                line.Write(buffer, start, end - start);
                yield return line.ToArray();
                line.SetLength(0);
            }

            line.Write(buffer, start, read - start);
        }

        if (line.Length > 0)
        {
            yield return line.ToArray();
        }
    }

    private static int Fill(Stream stream, byte[] buffer, string name)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"cannot read {name}: {e.Message}", e);
        }
    }

    private static string Decoded(byte[] line, string name, int number)
    {
        try
        {
            ReadOnlySpan<byte> bytes =
                number == 1 && line.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? line.AsSpan(3) : line;
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{name} line {number}: not valid UTF-8", e);
        }
    }

    private static JsonObject Parse(string text, string name, int number, IReadOnlySet<string>? fields)
    {
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
                        $"{name} line {number}: unknown field '{field}'; known "
                            + $"are {string.Join(", ", fields.Order(StringComparer.Ordinal))}"
                    );
                }
            }

            return line;
        }
        catch (JsonException e)
        {
            string at = e.BytePositionInLine is { } before ? $" at column {before + 1}" : "";
            throw new InputException($"{name} line {number}: not valid JSON{at}: {StrictJson.Sentence(e)}", e);
        }
    }
}

/// <summary>One line of a JSON Lines file and its place in the file.</summary>
internal sealed record JsonLine(string File, int Number, JsonObject Value)
{
    /// <summary>The number of values in the line, those inside others included, if it was asked for.</summary>
    public int Values { get; init; }

    /// <summary>The size of the line.</summary>
    public int Bytes { get; init; }

    /// <summary>Returns an error about this line.</summary>
    public InputException Error(string what) => new($"{File} line {Number}: {what}");
}
