using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Measures a task alone: an answer file a member, one for the whole, and the figures.</summary>
public sealed class TaskMeasurement(ILanguageModel model, PromptEncoding encoding, string folder)
{
    private const int Portion = 256;
    private readonly QuestionRunner runner = new(model, encoding);

    /// <summary>Asks every item and writes <c>NAME.jsonl</c>, for a group also <c>MEMBER.jsonl</c>.</summary>
    /// <param name="completed">Called with the number of items so far.</param>
    /// <returns>The figures of the task, its members and its groups.</returns>
    /// <exception cref="InputException">An item cannot be asked or graded; names it.</exception>
    public TaskFigures Run(AskedTask task, Action<int>? completed = null, CancellationToken cancellation = default)
    {
        List<string> all = [];
        List<PartScores> scores = [];
        foreach (AskedPart part in task.Parts)
        {
            GradedItem[] graded = Graded(part, n => completed?.Invoke(all.Count + n), cancellation);
            scores.Add(Scores(part, graded));
            if (task.IsGroup)
            {
                Write(part.Name, graded.Select((g, i) => Line(part.Items[i].Id, part.Items[i], g)));
            }

            all.AddRange(graded.Select((g, i) => Line(Inside(part, part.Items[i].Id), part.Items[i], g)));
        }

        Write(task.Name, all);
        return task.Figures(scores);
    }

    /// <summary>Figures as the JSON of <c>measure.json</c>.</summary>
    public static JsonObject ToJson(TaskFigures figures) =>
        new(
            figures.Select(f =>
                KeyValuePair.Create(
                    f.Key,
                    (JsonNode?)
                        new JsonObject(f.Value.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)ToJson(m.Value))))
                )
            )
        );

    /// <summary>The id of an item in the file of its group.</summary>
    public static string Inside(AskedPart part, string id) => part.Member.Length == 0 ? id : $"{part.Member}/{id}";

    private static JsonObject ToJson(MeasuredValue value) =>
        new()
        {
            ["value"] = double.IsFinite(value.Value) ? value.Value : null,
            ["standard_error"] = value.StandardError is { } e && double.IsFinite(e) ? e : null,
        };

    private GradedItem[] Graded(AskedPart part, Action<int> completed, CancellationToken cancellation)
    {
        List<GradedItem> graded = [];
        foreach (AskedItem[] items in part.Items.Chunk(Portion))
        {
            int before = graded.Count;
            Reply[] replies = runner.Run([.. items.Select(i => i.Question)], n => completed(before + n), cancellation);
            GradedItem[] portion = new GradedItem[items.Length];
            Parallel.For(0, items.Length, i => portion[i] = items[i].Grade(replies[i]));
            graded.AddRange(portion);
        }

        return [.. graded];
    }

    private static PartScores Scores(AskedPart part, GradedItem[] graded) =>
        new(
            part.Name,
            graded
                .SelectMany(g => g.Scores.Keys)
                .Distinct()
                .ToDictionary(
                    m => m,
                    m =>
                        (IReadOnlyList<double[]>)
                            [.. graded.Where(g => g.Scores.ContainsKey(m)).Select(g => g.Scores[m])]
                ),
            graded.Length
        );

    private string Line(string id, AskedItem item, GradedItem graded)
    {
        JsonObject line = new()
        {
            ["id"] = id,
            ["cluster"] = item.Cluster,
            ["requests"] = new JsonArray([
                .. Requests(item.Question).Select(r => (JsonNode)new JsonArray(r.Prompt, r.Text)),
            ]),
        };
        foreach ((string key, JsonNode? value) in graded.Line)
        {
            line[key] = value?.DeepClone();
        }

        return line.ToJsonString(JsonLines.Output);
    }

    private IEnumerable<(string Prompt, string Text)> Requests(Question question) =>
        question switch
        {
            Question.Pairs pairs => pairs.Requests.Select(r => (encoding.Render(r.Prompt), r.Continuation)),
            Question.Choose choose => choose.Continuations.Select(c => (encoding.Render(choose.Prompt), c)),
            Question.Whole whole => [("", whole.Text)],
            _ => [(encoding.Render(question.Prompt), "")],
        };

    private void Write(string name, IEnumerable<string> lines) =>
        AtomicFile.WriteText(Path.Combine(folder, name + ".jsonl"), string.Concat(lines.Select(l => l + "\n")));
}
