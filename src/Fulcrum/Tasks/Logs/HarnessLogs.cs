using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Logs;

/// <summary>Output folders of lm-evaluation-harness: <c>results_TIME.json</c> with <c>samples_TASK_TIME.jsonl</c> in
/// the same folder.</summary>
/// <remarks>A group is one task whose members are its clusters. Metrics without a score from 0 to 1 for each item are
/// omitted.</remarks>
internal static class HarnessLogs
{
    private const long LargestFile = 1 << 29;
    private const int Depth = 3;

    /// <summary>Whether a folder holds such results.</summary>
    public static bool Is(string folder) => InnerPath.FilesIn(folder, "results_*.json", Depth).Any();

    /// <summary>The tasks of the newest results of a folder.</summary>
    /// <exception cref="InputException">There is no sample file (<c>--log_samples</c>), or a file is
    /// malformed.</exception>
    public static IReadOnlyList<LoggedTask> Read(string folder)
    {
        string results = InnerPath
            .FilesIn(folder, "results_*.json", Depth)
            .OrderByDescending(Path.GetFileName, StringComparer.Ordinal)
            .First();
        JsonObject json = Parsed(results);
        string time = Path.GetFileNameWithoutExtension(results)["results_".Length..];
        Dictionary<string, string[]> members = Members(json);
        string[] tasks = [.. (json["configs"] as JsonObject ?? []).Select(c => c.Key)];
        HashSet<string> grouped = [.. members.Values.SelectMany(m => m)];
        string[] outer = [.. members.Keys.Where(g => !grouped.Contains(g)), .. tasks.Where(t => !grouped.Contains(t))];
        Dictionary<string, IReadOnlyList<Sample>> samples = tasks.ToDictionary(
            t => t,
            t => Samples(results, t, time),
            StringComparer.Ordinal
        );
        return [.. outer.SelectMany(name => Task(name, [.. Leaves(name, members)], samples))];
    }

    private static JsonObject Parsed(string path)
    {
        try
        {
            return StrictJson.ReadFile(path, depth: 128) as JsonObject
                ?? throw new InputException($"{path}: expected a JSON object");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    private static Dictionary<string, string[]> Members(JsonObject json) =>
        (json["group_subtasks"] as JsonObject ?? [])
            .Where(g => g.Value is JsonArray { Count: > 0 })
            .ToDictionary(
                g => g.Key,
                g => g.Value!.AsArray().Select(m => (string)m!).ToArray(),
                StringComparer.Ordinal
            );

    // Each group and task counts once, however often it is named: groups that name each other twice would have 2^n
    // members.
    private static IEnumerable<string> Leaves(string name, Dictionary<string, string[]> members)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Stack<string> open = new([name]);
        while (open.TryPop(out string? next))
        {
            if (!seen.Add(next))
            {
                continue;
            }

            if (!members.TryGetValue(next, out string[]? inner))
            {
                yield return next;
                continue;
            }

            foreach (string member in inner.Reverse())
            {
                open.Push(member);
            }
        }
    }

    private static IReadOnlyList<Sample> Samples(string results, string task, string time)
    {
        string name = string.Concat(
            $"samples_{task}_{time}".Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '_' : c)
        );
        string path = Path.Combine(Path.GetDirectoryName(results)!, name + ".jsonl");
        return File.Exists(path)
            ? [.. JsonLines.Read(path, mostBytes: LargestFile).Select(l => new Sample(task, l))]
            : throw new InputException(
                $"{results} has results of {task}, but there is no {Path.GetFileName(path)} beside it; "
                    + "run with --log_samples"
            );
    }

    private static IEnumerable<LoggedTask> Task(
        string name,
        string[] leaves,
        Dictionary<string, IReadOnlyList<Sample>> samples
    )
    {
        Sample[] all = [.. leaves.Where(samples.ContainsKey).SelectMany(l => samples[l])];
        string[] filters = [.. all.Select(s => s.Filter).Distinct()];
        string[] metrics = [.. all.SelectMany(s => s.Metrics).Distinct()];
        LoggedTask.RequireFew((long)metrics.Length * filters.Length, $"the log of {Printable.Short(name)}");
        foreach (string metric in metrics)
        {
            foreach (string filter in filters)
            {
                Sample[] own = [.. all.Where(s => s.Filter == filter && s.Metrics.Contains(metric))];
                if (own.Length > 0 && own.All(s => s.Score(metric) is >= 0 and <= 1))
                {
                    string full =
                        filter == "none" && filters.Length == 1 ? $"{name}/{metric}" : $"{name}/{metric}/{filter}";
                    yield return new LoggedTask(full, [.. own.Select(s => s.Answer(metric, leaves.Length > 1))]);
                }
            }
        }
    }

    /// <summary>A line of a sample file.</summary>
    private sealed record Sample(string Task, JsonLine Line)
    {
        public string Filter { get; } =
            Line.Value["filter"] is JsonValue v && v.TryGetValue(out string? name) ? name : "none";

        public IReadOnlyList<string> Metrics { get; } =
        [.. (Line.Value["metrics"] as JsonArray ?? []).Select(m => (string)m!)];

        public double? Score(string metric) =>
            Line.Value[metric] switch
            {
                JsonValue v when v.TryGetValue(out double number) => number,
                JsonValue v when v.TryGetValue(out bool right) => right ? 1 : 0,
                _ => null,
            };

        public LoggedAnswer Answer(string metric, bool member)
        {
            string id = Line.Value["doc_id"]?.ToJsonString() ?? throw Line.Error("there is no doc_id");
            return new LoggedAnswer(
                member ? $"{Task}/{id}" : id,
                Task,
                Score(metric),
                Text((Line.Value["filtered_resps"] as JsonArray)?.FirstOrDefault()),
                Text(Line.Value["target"]),
                Text(Line.Value["arguments"]?["gen_args_0"]?["arg_0"]),
                Text(
                    (Line.Value["resps"] as JsonArray)?.FirstOrDefault() is JsonArray { Count: > 0 } first
                        ? first[0]
                        : null
                ),
                Line.Value["doc_hash"]?.ToJsonString(),
                Requests(),
                LogLikelihoods()
            );
        }

        // gen_args_0, gen_args_1, ...: the prompt, and the continuation or the settings of a written reply.
        private string[][]? Requests() =>
            Line.Value["arguments"] is JsonObject { Count: > 0 } arguments
                ?
                [
                    .. arguments.Select(a =>
                        (string[])
                            [
                                Text(a.Value?["arg_0"]),
                                a.Value?["arg_1"] is JsonValue v && v.TryGetValue(out string? text) ? text : "",
                            ]
                    ),
                ]
                : null;

        // Of each request a list with the log-likelihood and whether it is greedy, both as texts.
        private double[]? LogLikelihoods()
        {
            double?[] values =
            [
                .. (Line.Value["resps"] as JsonArray ?? []).Select(r =>
                    r is JsonArray { Count: > 0 } first
                    && first[0] is JsonArray { Count: 2 } pair
                    && double.TryParse(Text(pair[0]), CultureInfo.InvariantCulture, out double value)
                        ? value
                        : (double?)null
                ),
            ];
            return values.Length > 0 && values.All(v => v is not null) ? [.. values.Select(v => v!.Value)] : null;
        }

        private static string Text(JsonNode? node) =>
            node switch
            {
                null => "",
                JsonValue v when v.TryGetValue(out string? text) => text,
                _ => node.ToJsonString(JsonLines.Output),
            };
    }
}
