using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Tasks;

/// <summary>Reads and prints answer files. Only the fields that a comparison needs are required.</summary>
internal static class AnswerFile
{
    private const long LargestFile = 1 << 29,
        LongestLine = 1 << 24;

    /// <summary>Returns every answer, in the order of the file.</summary>
    /// <exception cref="InputException">The file is missing, a line has no id or no score from 0 to 1 or null, or some
    /// lines name a cluster and others do not; names file and line.</exception>
    public static IReadOnlyList<Answer> Read(string path)
    {
        List<Answer> answers = [];
        JsonLine? without = null;
        foreach (JsonLine line in JsonLines.Read(path, null, LargestFile, LongestLine))
        {
            answers.Add(Parse(line));
            without ??= string.IsNullOrWhiteSpace(answers[^1].Cluster) ? line : null;
        }

        // Without a cluster in any line the items are independent of each other.
        return without is null || answers.All(a => string.IsNullOrWhiteSpace(a.Cluster))
            ? answers
            : throw without.Error(
                "'cluster' is missing or empty, but other lines name one. Write a text there; an item that belongs to "
                    + "no other item needs a text of its own"
            );
    }

    /// <summary>Returns the answers of a file that is being written, up to the first line that is not
    /// complete.</summary>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    public static IReadOnlyList<Answer> ReadGrowing(string path)
    {
        using (BoundedFile.Open(path, LargestFile)) { }
        List<Answer> answers = [];
        try
        {
            foreach (JsonLine line in JsonLines.Read(path, null, LargestFile, LongestLine))
            {
                answers.Add(Parse(line));
            }
        }
        catch (InputException)
        {
            return answers;
        }

        return answers;
    }

    /// <summary>Returns answers as the lines of a file.</summary>
    public static string Print(IEnumerable<Answer> answers) => string.Concat(answers.Select(a => Line(a) + "\n"));

    private static string Line(Answer answer)
    {
        if (answer is not { Copies: > 1, Output: { } text })
        {
            return JsonSerializer.Serialize(answer, JsonLines.Output);
        }

        JsonObject line = JsonSerializer.SerializeToNode(answer, JsonLines.Output)!.AsObject();
        line["reply"] = new JsonArray([.. Enumerable.Repeat(text, answer.Copies).Select(t => (JsonNode)t)]);
        return line.ToJsonString(JsonLines.Output);
    }

    private static Answer Parse(JsonLine line)
    {
        string id = Text(line, "id") ?? throw line.Error("there is no id");
        string[] replies = line.Value["reply"] is JsonArray copies
            ? [.. copies.Select(c => c?.ToString() ?? "")]
            : [.. new[] { Text(line, "reply") }.OfType<string>()];
        return new Answer(
            id,
            Text(line, "cluster") ?? "",
            Text(line, "group") ?? "",
            Score(line),
            Text(line, "prediction") ?? "",
            Text(line, "target", "target") ?? "",
            Text(line, "verdict") ?? "",
            Text(line, "reason"),
            Text(line, "input"),
            replies.FirstOrDefault() ?? Text(line, "output"),
            Values(line, "log_likelihoods", missing: double.NaN),
            ValueOf<int>(line.Value["tokens"]),
            Text(line, "protocol"),
            Text(line, "stem"),
            ValueOf<int>(line.Value["choice"]),
            Measures(line),
            ValueOf<double>(line.Value["threshold"]),
            ValueOf<bool>(line.Value["success"]),
            Text(line, "finish"),
            Requests(line),
            Values(line, "greedy", missing: false),
            Scores(line),
            line.Value["filtered"] as JsonObject,
            Text(line, "rule"),
            Math.Max(1, replies.Length),
            ValueOf<double>(line.Value["chance"]) is >= 0 and <= 1 and var chance ? chance : null
        );
    }

    // Returns null for a value of another type, because a comparison does not need these fields.
    private static T? ValueOf<T>(JsonNode? node)
        where T : struct => node is JsonValue value && value.TryGetValue(out T read) ? read : null;

    private static T[]? Values<T>(JsonLine line, string name, T missing)
        where T : struct => (line.Value[name] as JsonArray)?.Select(n => ValueOf<T>(n) ?? missing).ToArray();

    private static string[][]? Requests(JsonLine line) =>
        (line.Value["requests"] as JsonArray)
            ?.Select(r =>
                r is JsonArray { Count: 2 } pair && pair.All(t => t is JsonValue v && v.TryGetValue(out string? _))
                    ? pair.Select(t => (string)t!).ToArray()
                    : throw line.Error("'requests' must hold pairs of a prompt and a continuation")
            )
            .ToArray();

    private static IReadOnlyDictionary<string, double[]>? Scores(JsonLine line)
    {
        try
        {
            return line.Value["scores"] is JsonObject scores ? MetricsConverter.Of(scores) : null;
        }
        catch (FormatException e)
        {
            throw line.Error(e.Message);
        }
    }

    private static SortedDictionary<string, double>? Measures(JsonLine line)
    {
        if (line.Value["measures"] is not { } node)
        {
            return null;
        }

        SortedDictionary<string, double> measures = new(StringComparer.Ordinal);
        foreach (
            (string name, JsonNode? value) in node as JsonObject ?? throw line.Error("'measures' must be an object")
        )
        {
            measures[name] =
                value is JsonValue v && v.TryGetValue(out double number)
                    ? number
                    : throw line.Error($"the measure '{name}' must be a number");
        }

        return measures;
    }

    private static double? Score(JsonLine line)
    {
        if (!line.Value.TryGetPropertyValue("score", out JsonNode? score))
        {
            throw line.Error("there is no score");
        }

        return score switch
        {
            null => null,
            JsonValue v when v.TryGetValue(out double number) && number is >= 0 and <= 1 => number,
            _ => throw line.Error($"the score is {score.ToJsonString()}; expected a number from 0 to 1, or null"),
        };
    }

    private static string? Text(JsonLine line, string name, string anything = "id") =>
        line.Value[name] switch
        {
            null => null,
            JsonValue v when v.TryGetValue(out string? text) => text,
            JsonNode other => name == anything ? other.ToJsonString() : throw line.Error($"'{name}' must be a text"),
        };
}
