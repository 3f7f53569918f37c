using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>A task, or a group of tasks, of lm-evaluation-harness' form as a task of a study.</summary>
internal sealed class HarnessBenchmark : ITask
{
    private readonly HarnessNode node;
    private readonly HarnessForm form;
    private readonly HarnessTask[] tasks;
    private readonly Dictionary<string, (HarnessTask Task, HarnessItem Item)> places = new(StringComparer.Ordinal);
    private readonly bool isGroup;

    private HarnessBenchmark(
        string name,
        HarnessNode node,
        HarnessForm form,
        bool isGroup,
        IReadOnlyList<(HarnessNode Leaf, HarnessTask Task)> leaves
    )
    {
        (Name, this.node, this.form, this.isGroup) = (name, node, form, isGroup);
        tasks = [.. leaves.Select(l => l.Task)];
        Items = [.. leaves.SelectMany(l => l.Task.Items.Select(i => Placed(l.Leaf, l.Task, i)))];
        Members = isGroup
            ? [.. leaves.Select(l => new TaskMember(l.Leaf.Name, l.Leaf.Member, l.Task.Items.Count))]
            : [];
        double?[] chances = [.. leaves.SelectMany(l => l.Task.Items.Select(l.Task.Chance))];
        ChanceAccuracy = chances.All(c => c is not null) ? chances.Average() : null;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public double? ChanceAccuracy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TaskMember> Members { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol =>
        new Dictionary<string, string>
        {
            ["definition"] = Sha256.OfTexts(string.Concat(tasks.Select(t => t.Config.Digest + "\n"))),
            ["fewshot"] = form.FewShot?.ToString(CultureInfo.InvariantCulture) ?? "as the task says",
            ["chat template"] = form.Chat
                ? form.AsTurns
                    ? "examples as turns"
                    : "examples in one turn"
                : "none",
            ["system"] = form.System ?? "",
            ["decoding"] = Decoding.Greedy.ToString(),
        };

    /// <summary>Opens a task or a group.</summary>
    /// <param name="isGroup">Whether the leaves are members with answer files of their own.</param>
    /// <param name="rows">Opens the data of a leaf.</param>
    /// <param name="choice">Which rows are asked.</param>
    /// <param name="isOwn">Whether it is a user's task file, so that its columns are told.</param>
    /// <exception cref="InputException">No leaf has rows, or a row does not fit the task.</exception>
    public static HarnessBenchmark Open(
        string name,
        HarnessNode node,
        HarnessForm form,
        bool isGroup,
        Func<HarnessConfig, HarnessRows> rows,
        RowChoice choice,
        bool isOwn
    )
    {
        (HarnessNode Leaf, HarnessRows Rows, int Count)[] leaves =
        [
            .. from leaf in node.Leaves
            let data = rows(leaf.Task!)
            let count = HarnessTask.Evaluated(leaf.Task!, data).Count
            where count > 0 || !HarnessFunctions.KeepsAPart(leaf.Task!)
            select (leaf, data, count),
        ];
        if (leaves.Length == 0)
        {
            throw new InputException($"the task {name} has no member with rows");
        }

        IReadOnlySet<int>[] asked = choice.Of(name, [.. leaves.Select(l => l.Count)]);
        (HarnessNode Leaf, HarnessTask Task)[] opened =
        [
            .. leaves.Select((l, i) => (l.Leaf, HarnessTask.Open(l.Leaf.Task!, form, l.Rows, asked[i].Contains))),
        ];
        return new HarnessBenchmark(name, node, form, isGroup, opened)
        {
            Layout = isOwn
                ? HarnessColumns.Layout(
                    [.. opened.Select(t => (t.Task.Config, t.Task.Columns))],
                    leaves.Sum(l => l.Count)
                )
                : null,
        };
    }

    /// <inheritdoc/>
    public Question Ask(Item item) => places[item.Id].Task.Ask(places[item.Id].Item);

    /// <inheritdoc/>
    public Reply? Gold(Item item) => places[item.Id].Task.Gold(places[item.Id].Item);

    /// <inheritdoc/>
    public string? NoGold =>
        Items.Any(i => Gold(i) is not null) ? null : "its grader knows no reply that must be right";

    /// <inheritdoc/>
    public string? Layout { get; private init; }

    /// <inheritdoc/>
    public string? AlwaysReadable =>
        tasks.Any(t => t.Config.Filters.Any(p => p.Filters.Any(f => f.Searches)))
            ? null
            : "no filter looks for an answer in the replies, so there is none in which it cannot be read";

    /// <inheritdoc/>
    public string Content(Item item) => places[item.Id].Task.Content(places[item.Id].Item);

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply)
    {
        (HarnessTask task, HarnessItem place) = places[item.Id];
        HarnessGrade grade = Graded(task, place, reply);
        double? score = grade.Score ?? FirstScore(task, grade);
        return new Grade(
            score,
            grade.Prediction,
            grade.Verdict ?? ReplyGrade.VerdictOf(score),
            grade.Reason,
            grade.Choice,
            Scores: grade.Scores,
            Filtered: JsonSerializer.SerializeToNode(grade.Filtered) as JsonObject,
            Rule: grade.Rule
        );
    }

    /// <inheritdoc/>
    public TaskFigures Figures(IReadOnlyList<Answer> answers)
    {
        TaskFigures figures = [];
        Dictionary<string, int> sizes = new(StringComparer.Ordinal);
        foreach (HarnessTask task in tasks)
        {
            Answer[] own = [.. answers.Skip(sizes.Values.Sum()).Take(task.Items.Count)];
            sizes[task.Config.Name] = own.Length;
            figures[isGroup ? task.Config.Name : Name] = new(Figures(task, own));
        }

        foreach (HarnessNode group in node.Groups)
        {
            OrderedDictionary<string, MeasuredValue> means = new(
                group.Means.SelectMany(m => Means(group, m, figures, sizes))
            );
            if (means.Count > 0)
            {
                figures[group == node ? Name : group.Name] = means;
            }
        }

        return figures;
    }

    private Item Placed(HarnessNode leaf, HarnessTask task, HarnessItem item)
    {
        string place = $"{task.Config.Evaluated}/{item.Row.Number}",
            id = isGroup ? $"{leaf.Member}/{place}" : place;
        return places.TryAdd(id, (task, item))
            ? new Item(id, isGroup ? leaf.Member : Name, "", task.Question(item), task.RightAnswer(item))
            : throw task.Config.Error($"two members of the group {Name} are called {leaf.Member}");
    }

    private static HarnessGrade Graded(HarnessTask task, HarnessItem item, Reply reply) =>
        (reply, task.Config.Output) switch
        {
            (Reply.Written written, HarnessOutput.Written) => task.Grader.Write(
                item.Row,
                [.. Enumerable.Repeat(written.Text, task.Config.Repeats)]
            ),
            (Reply.Chosen chosen, HarnessOutput.MultipleChoice) => task.Grader.Choose(item.Row, chosen.Scores),
            (Reply.Chosen chosen, HarnessOutput.LogLikelihood) => task.Grader.Score(item.Row, chosen.Scores[0]),
            (Reply.Chosen chosen, HarnessOutput.Rolling) => task.Grader.Roll(
                item.Row,
                item.Requests[0].Continuation,
                chosen.Scores[0].LogLikelihood
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(reply)),
        };

    // The first metric that is a score of the item; log-likelihoods and classes are none.
    private static double? FirstScore(HarnessTask task, HarnessGrade grade) =>
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

    private static IEnumerable<KeyValuePair<string, MeasuredValue>> Figures(HarnessTask task, Answer[] answers) =>
        from metric in answers.SelectMany(a => a.Scores?.Keys ?? []).Distinct()
        let items = answers.Select(a => a.Scores?.GetValueOrDefault(metric)).OfType<double[]>().ToArray()
        select KeyValuePair.Create(metric, Figure(task, metric, items));

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

/// <summary>Which rows of a task's members are asked.</summary>
/// <param name="Count">Null: all.</param>
/// <param name="First">The first rows of each member; else rows drawn from all members together, in equal
/// shares.</param>
/// <param name="Seed">Of the draw.</param>
internal sealed record RowChoice(int? Count, bool First, int Seed)
{
    /// <summary>Returns the row numbers of each member.</summary>
    /// <param name="sizes">The number of rows of each member.</param>
    public IReadOnlySet<int>[] Of(string task, IReadOnlyList<int> sizes)
    {
        if (Count is null || First)
        {
            return [.. sizes.Select(s => Enumerable.Range(0, Math.Min(s, Count ?? s)).ToHashSet())];
        }

        (int Member, int Row)[] all =
        [
            .. sizes.SelectMany((size, member) => Enumerable.Range(0, size).Select(row => (member, row))),
        ];
        ILookup<int, int> drawn = StratifiedSample
            .Of(all, r => $"{r.Member:D6}", Count, RandomStream.For(Seed, $"items of {task}"))
            .ToLookup(r => r.Member, r => r.Row);
        return [.. sizes.Select((_, member) => drawn[member].ToHashSet())];
    }
}
