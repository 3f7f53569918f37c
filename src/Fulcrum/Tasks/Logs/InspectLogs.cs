using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using SharpCompress.Archives;
using SharpCompress.Archives.Zip;

namespace Fulcrum.Tasks.Logs;

/// <summary>Logs of inspect_ai: one JSON file, or a zip (<c>.eval</c>) with a header and a file a sample.</summary>
/// <remarks>The epochs of a sample are averaged: they are one item. Values are read as inspect_ai's own
/// <c>value_to_float</c> reads them.</remarks>
internal static class InspectLogs
{
    // A log of 14,000 items with their conversations has about 150 MB.
    private const long LargestEntry = 1L << 26,
        LargestLog = 1L << 28;
    private const int MostEntries = 200_000;

    /// <summary>Whether a file is such a log.</summary>
    public static bool Is(string path) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".eval" => true,
            ".json" => Start(path) is var start
                && start.Contains("\"eval\"", StringComparison.Ordinal)
                && start.Contains("\"version\"", StringComparison.Ordinal),
            _ => false,
        };

    /// <summary>The tasks of a log: one a scorer.</summary>
    /// <exception cref="InputException">The log is malformed, or holds no samples.</exception>
    public static IReadOnlyList<LoggedTask> Read(string path)
    {
        (JsonNode? header, IReadOnlyList<JsonNode> samples) = path.EndsWith(".eval", StringComparison.OrdinalIgnoreCase)
            ? Zipped(path)
            : Plain(path);
        string task = (string?)header?["eval"]?["task"] is { Length: > 0 } name
            ? name.Split('/')[^1]
            : throw new InputException($"{path}: it names no task");
        string[] scorers =
        [
            .. samples.SelectMany(s => (s["scores"] as JsonObject ?? []).Select(v => v.Key)).Distinct(),
        ];
        LoggedTask.RequireFew(scorers.Length, path);
        return scorers.Length == 0
            ? throw new InputException($"{path}: it holds no scored sample")
            :
            [
                .. scorers.SelectMany(scorer =>
                    Scored(scorers.Length > 1 ? $"{task}/{scorer}" : task, scorer, samples)
                ),
            ];
    }

    private static IEnumerable<LoggedTask> Scored(string name, string scorer, IReadOnlyList<JsonNode> samples)
    {
        string?[] parts =
        [
            .. samples
                .SelectMany(s =>
                    s["scores"]?[scorer]?["value"] is JsonObject several ? several.Select(v => (string?)v.Key) : [null]
                )
                .Distinct(),
        ];
        LoggedTask.RequireFew(parts.Length, $"the scorer {Printable.Short(scorer)}");
        return parts
            .Select(part => new LoggedTask(
                part is null ? name : $"{name}/{part}",
                [.. samples.GroupBy(s => Text(s["id"])).Select(epochs => Answer(epochs.Key, [.. epochs], scorer, part))]
            ))
            .Where(t => t.Answers.All(a => a.Score is null or (>= 0 and <= 1)));
    }

    private static LoggedAnswer Answer(string id, JsonNode[] epochs, string scorer, string? part)
    {
        double?[] values =
        [
            .. epochs.Select(e =>
                Value(part is null ? e["scores"]?[scorer]?["value"] : e["scores"]?[scorer]?["value"]?[part])
            ),
        ];
        JsonNode first = epochs[0];
        return new LoggedAnswer(
            id,
            id.LastIndexOf('/') is > 0 and var at ? id[..at] : "",
            values.All(v => v is null) ? null : values.Average(),
            Text(first["scores"]?[scorer]?["answer"]),
            Text(first["target"]),
            Text(first["input"]),
            Text(first["output"]?["completion"]),
            Text(first["input"])
        );
    }

    private static double? Value(JsonNode? node) =>
        node switch
        {
            JsonValue v when v.TryGetValue(out double number) => number,
            JsonValue v when v.TryGetValue(out bool flag) => flag ? 1 : 0,
            JsonValue v when v.TryGetValue(out string? text) => text.ToUpperInvariant() switch
            {
                "C" or "YES" or "TRUE" => 1,
                "P" => 0.5,
                "I" or "N" or "NO" or "FALSE" => 0,
                _ => double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out double number)
                    ? number
                    : null,
            },
            _ => null,
        };

    private static (JsonNode?, IReadOnlyList<JsonNode>) Plain(string path)
    {
        JsonNode? log = Parsed(path, BoundedFile.ReadText(path, LargestLog));
        return (log, [.. (log?["samples"] as JsonArray ?? []).OfType<JsonNode>()]);
    }

    private static (JsonNode?, IReadOnlyList<JsonNode>) Zipped(string path)
    {
        try
        {
            using Stream file = BoundedFile.Open(path, LargestLog);
            using IArchive archive = ZipArchive.OpenArchive(file);
            JsonNode? header = null;
            List<JsonNode> samples = [];
            long left = LargestLog;
            int entries = 0;
            foreach (IArchiveEntry entry in archive.Entries)
            {
                if (++entries > MostEntries)
                {
                    throw new InputException($"{path}: more than {MostEntries} entries");
                }

                if (entry.Key == "header.json" || (header is null && entry.Key == "_journal/start.json"))
                {
                    header = Parsed($"{path}: {entry.Key}", Content(path, entry, ref left));
                }
                else if (
                    entry.Key?.StartsWith("samples/", StringComparison.Ordinal) == true
                    && Parsed($"{path}: {entry.Key}", Content(path, entry, ref left)) is { } sample
                )
                {
                    samples.Add(sample);
                }
            }

            return (header, samples);
        }
        catch (Exception e) when (e is not FulcrumException)
        {
            throw new InputException(
                $"{path}: cannot be read as a log of inspect_ai: {e.Message.Split('\n')[0].Trim()}",
                e
            );
        }
    }

    /// <param name="left">Bytes that all entries together may still have. The sizes in the archive's index prove
    /// nothing.</param>
    private static string Content(string path, IArchiveEntry entry, ref long left)
    {
        using Stream stream = entry.OpenEntryStream();
        using MemoryStream bytes = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0; )
        {
            bytes.Write(buffer, 0, read);
            left -= read;
            if (bytes.Length > LargestEntry || left < 0)
            {
                throw new InputException(
                    $"{path}: {entry.Key} has more than {LargestEntry} bytes, or all entries more than {LargestLog}"
                );
            }
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static JsonNode? Parsed(string place, string text)
    {
        try
        {
            return StrictJson.Parse(text, depth: 256);
        }
        catch (JsonException e)
        {
            throw new InputException($"{place}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    private static string Start(string path)
    {
        using StreamReader reader = new(BoundedFile.Open(path, long.MaxValue));
        char[] start = new char[4096];
        return new string(start, 0, reader.ReadBlock(start));
    }

    private static string Text(JsonNode? node) =>
        node switch
        {
            null => "",
            JsonValue v when v.TryGetValue(out string? text) => text,
            _ => node.ToJsonString(JsonLines.Output),
        };
}
