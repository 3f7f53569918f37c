using System.Text.Json.Nodes;

namespace Fulcrum.Tasks;

/// <summary>A task of a study as <c>measure</c> and <c>items</c> see it.</summary>
public static class TaskItems
{
    /// <summary>The task that is asked.</summary>
    /// <param name="first">The first so many items; null: all.</param>
    public static AskedTask Of(ITask task, int? first = null)
    {
        AskedItem[] items = [.. task.Items.Take(first ?? task.Items.Count).Select(i => Item(task, i))];
        return new AskedTask(task.Name, [new AskedPart(task.Name, "", items)], Figures);
    }

    private static AskedItem Item(ITask task, Item item) =>
        new(item.Id, item.Cluster, task.Ask(item), item.Target, reply => Graded(task, item, reply));

    private static GradedItem Graded(ITask task, Item item, Reply reply)
    {
        Grade grade = task.Grade(item, reply);
        Dictionary<string, double[]> scores = new(StringComparer.Ordinal);
        if (grade.Score is { } score)
        {
            scores["score"] = [score];
        }

        JsonObject line = new()
        {
            ["score"] = grade.Score,
            ["prediction"] = grade.Prediction,
            ["target"] = item.Target,
            ["verdict"] = grade.Verdict,
            ["reason"] = grade.Reason,
        };
        switch (reply)
        {
            case Reply.Chosen chosen:
                line["log_likelihoods"] = new JsonArray([.. chosen.Scores.Select(s => (JsonNode)s.LogLikelihood)]);
                line["greedy"] = new JsonArray([.. chosen.Scores.Select(s => (JsonNode)s.Greedy)]);
                break;
            case Reply.Written written:
                line["reply"] = written.Text;
                break;
        }

        line["scores"] = new JsonObject(scores.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value[0])));
        return new GradedItem(line, scores);
    }

    private static TaskFigures Figures(IReadOnlyList<PartScores> parts)
    {
        TaskFigures figures = [];
        foreach (PartScores part in parts)
        {
            figures[part.Part] = new(
                part.Metrics.Select(m => KeyValuePair.Create(m.Key, MeasuredValue.Mean([.. m.Value.Select(v => v[0])])))
            );
        }

        return figures;
    }
}
