using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>A task of lm-evaluation-harness' form as <c>measure</c> and <c>items</c> see it.</summary>
internal static class HarnessAsked
{
    /// <summary>The task of a node.</summary>
    /// <param name="open">Opens a leaf; null where it has no rows.</param>
    /// <param name="group">A single leaf counts as a member all the same.</param>
    public static AskedTask Of(HarnessNode node, string name, Func<HarnessNode, HarnessTask?> open, bool group)
    {
        (HarnessNode Leaf, HarnessTask Task)[] leaves =
        [
            .. from leaf in node.Leaves let task = open(leaf) where task is not null select (leaf, task),
        ];
        bool alone = node.Task is not null && !group;
        AskedPart[] parts =
        [
            .. leaves.Select(l => new AskedPart(
                alone ? name : l.Leaf.Name,
                alone ? "" : l.Leaf.Member,
                [.. l.Task.Items.Select(i => Item(l.Task, alone ? name : l.Leaf.Member, i))]
            )),
        ];
        return parts.Length > 0
            ? new AskedTask(
                name,
                parts,
                scores => Figures(node, alone ? name : null, name, [.. leaves.Select(l => l.Task)], scores)
            )
            : throw new InputException($"the task {name} has no member with rows");
    }

    private static AskedItem Item(HarnessTask task, string cluster, HarnessItem item) =>
        new(
            $"{task.Config.Evaluated}/{item.Row.Number}",
            cluster,
            task.Ask(item),
            task.Target(item),
            reply => Graded(task, item, reply)
        );

    private static GradedItem Graded(HarnessTask task, HarnessItem item, Reply reply)
    {
        HarnessGrade grade = Grade(task, item, reply);
        JsonObject line = new()
        {
            ["score"] = grade.Score ?? Score(task, grade),
            ["prediction"] = grade.Prediction,
            ["target"] = task.Target(item),
        };
        switch (reply)
        {
            case Reply.Chosen chosen:
                line["log_likelihoods"] = new JsonArray([.. chosen.Scores.Select(s => (JsonNode)s.LogLikelihood)]);
                line["greedy"] = new JsonArray([.. chosen.Scores.Select(s => (JsonNode)s.Greedy)]);
                break;
            case Reply.Written written:
                line["reply"] =
                    task.Config.Repeats == 1
                        ? written.Text
                        : new JsonArray([
                            .. Enumerable.Repeat(written.Text, task.Config.Repeats).Select(t => (JsonNode)t),
                        ]);
                line["filtered"] = JsonSerializer.SerializeToNode(grade.Filtered);
                break;
        }

        line["verdict"] = grade.Verdict ?? VerdictOf(line["score"]);
        if (grade.Rule is not null)
        {
            line["rule"] = grade.Rule;
        }

        if (grade.Reason is not null)
        {
            line["reason"] = grade.Reason;
        }

        line["scores"] = new JsonObject(grade.Scores.Select(s => KeyValuePair.Create(s.Key, Numbers(s.Value))));
        return new GradedItem(line, grade.Scores);
    }

    private static string VerdictOf(JsonNode? score) => ReplyGrade.VerdictOf((double?)score);

    private static JsonNode? Numbers(double[] values) =>
        values.Length == 1 ? values[0] : new JsonArray([.. values.Select(v => (JsonNode)v)]);

    // The first metric that is a score of the item; log-likelihoods and classes are none.
    private static double? Score(HarnessTask task, HarnessGrade grade) =>
        task
            .Config.Metrics.Where(m => m.Score is < HarnessScore.F1)
            .Select(m =>
                grade
                    .Scores.FirstOrDefault(s =>
                        s.Key == m.Name || s.Key.StartsWith(m.Name + ",", StringComparison.Ordinal)
                    )
                    .Value
            )
            .FirstOrDefault(v => v is { Length: 1 })
            ?[0];

    private static HarnessGrade Grade(HarnessTask task, HarnessItem item, Reply reply) =>
        (reply, task.Config.Output) switch
        {
            (Reply.Written written, _) => task.Grader.Write(
                item.Row,
                [.. Enumerable.Repeat(written.Text, task.Config.Repeats)]
            ),
            (Reply.Chosen chosen, HarnessOutput.MultipleChoice) => task.Grader.Choose(item.Row, chosen.Scores),
            (Reply.Chosen chosen, HarnessOutput.LogLikelihood) => task.Grader.Score(item.Row, chosen.Scores[0]),
            (Reply.Chosen chosen, _) => task.Grader.Roll(
                item.Row,
                item.Requests[0].Continuation,
                chosen.Scores[0].LogLikelihood
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(reply)),
        };

    private static TaskFigures Figures(
        HarnessNode node,
        string? alone,
        string name,
        HarnessTask[] tasks,
        IReadOnlyList<PartScores> scores
    )
    {
        TaskFigures figures = [];
        for (int i = 0; i < tasks.Length; i++)
        {
            figures[alone ?? tasks[i].Config.Name] = new(
                scores[i].Metrics.Select(m => KeyValuePair.Create(m.Key, Figure(tasks[i], m.Key, m.Value)))
            );
        }

        Dictionary<string, int> sizes = tasks
            .Select((t, i) => (t.Config.Name, scores[i].Items))
            .ToDictionary(StringComparer.Ordinal);
        foreach (HarnessNode group in node.Groups)
        {
            OrderedDictionary<string, MeasuredValue> means = new(
                group.Means.SelectMany(m => Means(group, m, figures, sizes))
            );
            if (means.Count > 0)
            {
                figures[group == node ? name : group.Name] = means;
            }
        }

        return figures;
    }

    private static MeasuredValue Figure(HarnessTask task, string metric, IReadOnlyList<double[]> items) =>
        HarnessMetric.Find(metric.Split(',')[0]) is { } score && task.Config.Metrics.Any(m => m.Score == score)
            ? HarnessMeans.Of(score, items)
            : MeasuredValue.Mean([.. items.SelectMany(i => i)]);

    private static IEnumerable<KeyValuePair<string, MeasuredValue>> Means(
        HarnessNode group,
        HarnessMean mean,
        TaskFigures figures,
        Dictionary<string, int> sizes
    )
    {
        string[] leaves = [.. group.Leaves.Select(l => l.Name).Where(sizes.ContainsKey)];
        IEnumerable<string> metrics = leaves
            .SelectMany(l => figures[l].Keys)
            .Distinct()
            .Where(m =>
                m == mean.Metric
                || (
                    m.StartsWith(mean.Metric + ",", StringComparison.Ordinal)
                    && mean.Filters?.Contains(m[(mean.Metric.Length + 1)..]) != false
                )
            );
        foreach (string metric in metrics)
        {
            (MeasuredValue, int)[] values =
            [
                .. leaves.Where(l => figures[l].ContainsKey(metric)).Select(l => (figures[l][metric], sizes[l])),
            ];
            yield return KeyValuePair.Create(metric, HarnessMeans.Group(values, mean.BySize));
        }
    }
}
