using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Logs;

/// <summary>Writes measured tasks in lm-evaluation-harness' form: <c>results_TIME.json</c> and
/// <c>samples_TASK_TIME.jsonl</c>.</summary>
/// <remarks>Programs that read its logs read these. What Fulcrum does not keep, such as the rows of the data, is left
/// out.</remarks>
internal sealed class HarnessResults
{
    private const string NoFilter = "none";
    private readonly JsonObject results = [],
        groups = [],
        subtasks = [],
        configs = [];
    private readonly List<(string Task, IReadOnlyList<Answer> Answers)> samples = [];

    /// <summary>Adds a task with its figures.</summary>
    /// <param name="answers">To all items, in their order.</param>
    public void Add(ITask task, IReadOnlyList<Answer> answers, TaskFigures figures)
    {
        int first = 0;
        foreach (TaskMember member in task.Members)
        {
            AddAlone(
                member.Name,
                [
                    .. answers
                        .Skip(first)
                        .Take(member.Items)
                        .Select(a => a with { Id = a.Id[(member.Prefix.Length + 1)..] }),
                ]
            );
            first += member.Items;
        }

        if (task.Members.Count == 0)
        {
            AddAlone(task.Name, answers);
        }
        else
        {
            subtasks[task.Name] = new JsonArray([.. task.Members.Select(m => (JsonNode)m.Name)]);
        }

        foreach ((string name, OrderedDictionary<string, MeasuredValue> metrics) in figures)
        {
            JsonObject row = Row(name, metrics);
            results[name] = row;
            if (name == task.Name && task.Members.Count > 0)
            {
                groups[name] = row.DeepClone();
            }
        }
    }

    /// <summary>Adds a task of which only the answers are known. Its figures are the means of their scores.</summary>
    public void Add(string task, IReadOnlyList<Answer> answers)
    {
        Answer[] scored =
        [
            .. answers.Select(a =>
                a.Scores is null && a.Score is { } score
                    ? a with
                    {
                        Scores = new Dictionary<string, double[]> { ["score"] = [score] },
                    }
                    : a
            ),
        ];
        AddAlone(task, scored);
        OrderedDictionary<string, MeasuredValue> figures = [];
        foreach (
            IGrouping<string, double[]> metric in scored
                .SelectMany(a => a.Scores ?? new Dictionary<string, double[]>())
                .GroupBy(m => m.Key, m => m.Value, StringComparer.Ordinal)
                .Where(m => m.All(v => v.Length == 1))
        )
        {
            figures[metric.Key] = MeasuredValue.Mean([.. metric.Select(v => v[0])]);
        }

        results[task] = Row(task, figures);
    }

    /// <summary>Writes the files.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="time">Part of the files' names.</param>
    /// <returns>The path of the results.</returns>
    public string Write(string folder, string model, DateTimeOffset time)
    {
        string stamp = time.ToString("yyyy-MM-dd'T'HH-mm-ss.ffffff", CultureInfo.InvariantCulture);
        foreach ((string task, IReadOnlyList<Answer> answers) in samples)
        {
            string lines = string.Concat(Lines(answers).Select(l => l.ToJsonString(JsonLines.Output) + "\n"));
            AtomicFile.WriteText(Path.Combine(folder, $"samples_{task}_{stamp}.jsonl"), lines);
        }

        JsonObject all = new()
        {
            ["results"] = results.DeepClone(),
            ["groups"] = groups.DeepClone(),
            ["group_subtasks"] = subtasks.DeepClone(),
            ["configs"] = configs.DeepClone(),
            ["config"] = new JsonObject { ["model"] = "fulcrum", ["model_args"] = model },
            ["date"] = time.ToUnixTimeSeconds(),
            ["model_name"] = model,
        };
        string path = Path.Combine(folder, $"results_{stamp}.json");
        AtomicFile.WriteText(
            path,
            all.ToJsonString(new JsonSerializerOptions(JsonLines.Output) { WriteIndented = true, NewLine = "\n" })
        );
        return path;
    }

    private void AddAlone(string name, IReadOnlyList<Answer> answers)
    {
        samples.Add((name, answers));
        configs[name] = new JsonObject { ["task"] = name };
    }

    private static JsonObject Row(string name, OrderedDictionary<string, MeasuredValue> metrics)
    {
        JsonObject row = new() { ["name"] = name, ["alias"] = name };
        foreach ((string metric, MeasuredValue value) in metrics)
        {
            (string measure, string filter) = Parts(metric);
            row[$"{measure},{filter}"] = double.IsFinite(value.Value) ? value.Value : null;
            row[$"{measure}_stderr,{filter}"] = value.StandardError is { } e && double.IsFinite(e) ? e : "N/A";
        }

        return row;
    }

    private static (string Metric, string Filter) Parts(string metric) =>
        metric.Split(',', 2) is [var name, var filter] ? (name, filter) : (metric, NoFilter);

    // One line for each item and filter.
    private static IEnumerable<JsonObject> Lines(IReadOnlyList<Answer> answers) =>
        Lines(answers, answers.Select(RowOf).OfType<int>().Distinct().Count() == answers.Count);

    private static int? RowOf(Answer answer) =>
        int.TryParse(answer.Id.Split('/')[^1], CultureInfo.InvariantCulture, out int row) ? row : null;

    /// <param name="byRow">Whether the number of its row identifies an item. In a task of several subjects
    /// it does not.</param>
    private static IEnumerable<JsonObject> Lines(IReadOnlyList<Answer> answers, bool byRow) =>
        from filter in answers.SelectMany(a => a.Scores?.Keys ?? []).Select(m => Parts(m).Filter).Distinct()
        from answer in answers
        select Line(answer, filter, byRow && RowOf(answer) is { } row ? row : answer.Id);

    private static JsonObject Line(Answer answer, string filter, JsonNode id)
    {
        (string Metric, double[] Values)[] metrics =
        [
            .. (answer.Scores ?? new Dictionary<string, double[]>())
                .Where(s => Parts(s.Key).Filter == filter)
                .Select(s => (Parts(s.Key).Metric, s.Value)),
        ];
        JsonObject line = new()
        {
            ["doc_id"] = id,
            ["doc"] = new JsonObject { ["question"] = answer.Input },
            ["target"] = answer.Target,
            ["arguments"] = Arguments(answer),
            ["resps"] = Replies(answer),
            ["filtered_resps"] = Filtered(answer, filter),
            ["filter"] = filter,
            ["metrics"] = new JsonArray([.. metrics.Select(m => (JsonNode)m.Metric)]),
            ["doc_hash"] = Sha256.OfTexts([answer.Id, answer.Input ?? "", answer.Target]),
        };
        foreach ((string metric, double[] values) in metrics)
        {
            line[metric] = values is [var one] ? one : new JsonArray([.. values.Select(v => (JsonNode)v)]);
        }

        return line;
    }

    private static JsonObject Arguments(Answer answer) =>
        new(
            (answer.Requests ?? []).Select(
                (r, i) =>
                    KeyValuePair.Create(
                        $"gen_args_{i}",
                        (JsonNode?)new JsonObject { ["arg_0"] = r[0], ["arg_1"] = r[1] }
                    )
            )
        );

    private static JsonArray Replies(Answer answer) =>
        answer.LogLikelihoods is { } values
            ? [.. values.Select((v, i) => (JsonNode)new JsonArray(Scored(answer, v, i)))]
            : [new JsonArray([.. Enumerable.Repeat(answer.Output ?? "", answer.Copies).Select(t => (JsonNode)t)])];

    private static JsonArray Filtered(Answer answer, string filter) =>
        answer.LogLikelihoods is { } values ? [.. values.Select((v, i) => (JsonNode)Scored(answer, v, i))]
        : answer.Filtered?[filter] is { } filtered ? [filtered.DeepClone()]
        : [answer.Prediction];

    private static JsonArray Scored(Answer answer, double value, int place) =>
        new(
            value.ToString("R", CultureInfo.InvariantCulture),
            answer.Greedy?.ElementAtOrDefault(place) == true ? "True" : "False"
        );
}
