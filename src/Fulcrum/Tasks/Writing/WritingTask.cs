using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Grading;

namespace Fulcrum.Tasks.Writing;

/// <summary>Written answers from a custom file, graded by comparing texts.</summary>
internal sealed class WritingTask : ITask
{
    private readonly GenerationPlan plan;
    private readonly Decoding decoding;
    private readonly ExampleFile file;
    private readonly Dictionary<string, WritingItem> rows;
    private readonly Regex? extract;
    private readonly IReadOnlyList<(string, string)> examples;

    private WritingTask(GenerationPlan plan, int seed, Decoding decoding)
    {
        (this.plan, this.decoding) = (plan, decoding);
        extract = plan.Extract is { } pattern ? PatternOf(pattern) : null;
        file = ExampleFile.Open(plan.Place, plan.Columns);
        WrittenTargets targets = WrittenTargets.Of(plan, file, extract);
        (NoGold, rows) = (targets.NoGold, new Dictionary<string, WritingItem>(StringComparer.Ordinal));
        foreach (WritingItem item in FileFaults.Read(file.Rows, row => ItemOf(row, targets)))
        {
            string id = IdOf(item.Row);
            _ = rows.TryAdd(id, item) ? true : throw item.Row.Error($"the id '{id}' occurs a second time");
        }

        examples = Examples(plan);
        IReadOnlyList<TableRow> chosen = StratifiedSample.Of(
            file.Rows,
            r => r.Cluster(plan.Cluster),
            plan.Items,
            RandomStream.For(seed, $"items of {Path.GetFileName(plan.Place)}")
        );
        Item[] items =
        [
            .. chosen.Select(r => new Item(
                IdOf(r),
                r.Cluster(plan.Cluster),
                r.TextOrNull(plan.Group) ?? "",
                file.InputOf(r),
                string.Join(Tasks.Answer.TargetSeparator, rows[IdOf(r)].Targets)
            )),
        ];
        Items = RepeatedQuestions.Joined(items, i => Asked(file.PromptOf(rows[i.Id].Row)));
    }

    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public double? ChanceAccuracy => null;

    /// <inheritdoc/>
    public IReadOnlyList<Item> Items { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Protocol =>
        new Dictionary<string, string>
        {
            ["matching"] = EnumNames.Of(plan.Matching),
            ["tolerance"] = plan.Tolerance.ToString("R", CultureInfo.InvariantCulture),
            ["extract"] = plan.Extract ?? "",
            ["extract target"] = plan.ExtractTarget ?? "as extract",
            ["layout"] = file.Format.Description,
            ["template"] = plan.Template ?? "",
            ["shots"] = $"{plan.Fewshot}",
            ["regex time limit"] = $"{plan.RegexTimeLimitSeconds.ToString(CultureInfo.InvariantCulture)} s",
            ["decoding"] = decoding.ToString(),
        };

    /// <summary>Opens the benchmark of a plan; the plan's paths are absolute.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or a target does not fit the matching; names
    /// file and row.</exception>
    public static WritingTask Open(GenerationPlan plan, int seed, Decoding? decoding = null) =>
        new(plan, seed, decoding ?? Decoding.Greedy);

    /// <inheritdoc/>
    public Question Ask(Item item) =>
        new Question.Write(
            file.PromptOf(rows[item.Id].Row, examples),
            plan.MaxNewTokens,
            plan.Stops ?? [],
            decoding.For(Name, item.Id)
        );

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply)
    {
        string written = ((Reply.Written)reply).Text;
        string? answer = Answer(written);
        // Where replies are compared whole, each can be read: a share of 100% would say nothing.
        SortedDictionary<string, double>? parsed = AlwaysReadable is null
            ? new(StringComparer.Ordinal) { ["parsed"] = answer is null ? 0 : 1 }
            : null;
        if (answer is null)
        {
            return new Grade(
                0,
                "",
                "unparsable",
                plan.Matching == Matching.Number
                    ? "there is no number in the reply"
                    : "the pattern of 'extract' is not in the reply",
                Measures: parsed
            );
        }

        try
        {
            bool right = rows[item.Id].Targets.Any(t => Matches(answer, t, TimeLimit));
            return new Grade(right ? 1 : 0, answer, right ? "correct" : "wrong", Measures: parsed);
        }
        catch (RegexMatchTimeoutException)
        {
            return new Grade(
                0,
                answer,
                "time-limit",
                $"the pattern took longer than {plan.RegexTimeLimitSeconds} s on the reply",
                Measures: parsed
            );
        }
    }

    /// <summary>The first target as the file has it, cut before the first stop text as a reply is.</summary>
    public Reply? Gold(Item item)
    {
        string gold = rows[item.Id].Gold;
        int end = (plan.Stops ?? [])
            .Select(s => gold.IndexOf(s, StringComparison.Ordinal))
            .Where(i => i >= 0)
            .DefaultIfEmpty(gold.Length)
            .Min();
        return NoGold is null ? new Reply.Written(gold[..end], FinishReason.Stop, 0) : null;
    }

    /// <inheritdoc/>
    public string? NoGold { get; }

    /// <inheritdoc/>
    public string? AlwaysReadable =>
        extract is null && plan.Matching != Matching.Number
            ? "replies are compared whole, so there is none in which no answer can be read"
            : null;

    /// <inheritdoc/>
    public IEnumerable<string> DoubtsOf(IReadOnlyList<Item> asked, IReadOnlyList<Answer>? answers) =>
        [
            .. answers is null ? Faults(asked) : [],
            .. plan.Matching is Matching.Contains or Matching.Regex
                ? LuckyAnswers.Doubts(Name, plan.Matching, TargetsOf(asked, answers), answers, Matches)
                : [],
        ];

    /// <inheritdoc/>
    public string? Layout => $"{file.Rows.Count} rows, {file.Format.Description}";

    // Answers may be in another order than the items, and of some of them only.
    private IReadOnlyList<string>[] TargetsOf(IReadOnlyList<Item> asked, IReadOnlyList<Answer>? answers) =>
        [.. (answers?.Select(a => a.Id) ?? asked.Select(i => i.Id)).Select(id => rows[id].Targets)];

    private IEnumerable<string> Faults(IReadOnlyList<Item> asked)
    {
        HashSet<string> shown = [.. examples.Select(e => e.Item1)];
        WritingItem[] own = [.. asked.Select(i => rows[i.Id])];
        return RepeatedQuestions
            .Doubts(Name, asked, own.Length)
            .Concat(RepeatedQuestions.Shown(Name, own.Length, asked.Count(i => shown.Contains(i.Input))))
            .Concat(RowFaults.Doubts(Name, [.. asked.Zip(own, RowOf)]))
            .Concat(plan.Matching == Matching.Regex ? [] : ConstantAnswer(own)); // a pattern is no answer
    }

    private IEnumerable<string> ConstantAnswer(WritingItem[] own) =>
        RowFaults.ConstantAnswer(Name, [.. own.Select(r => r.Targets.Select(t => (Meaning(t), t.Trim())).ToArray())]);

    private AskedRow RowOf(Item item, WritingItem row) =>
        new(
            row.Row.Place,
            item.Input,
            Asked(file.PromptOf(row.Row)).Trim(),
            row.Targets,
            string.Join('\0', row.Targets.Select(Meaning).Distinct().Order(StringComparer.Ordinal))
        );

    // Targets that match the same replies mean the same.
    private string Meaning(string target) =>
        plan.Matching switch
        {
            Matching.Normalised => Squad.Normalised(target),
            Matching.Number => $"{TextMatching.LastNumber(target)}",
            _ => target.Trim(),
        };

    private static string Asked(Prompt prompt) =>
        prompt is Prompt.Chat chat
            ? string.Join('\0', chat.Messages.Select(m => $"{m.Role}\0{m.Content}"))
            : $"{prompt}";

    private Regex PatternOf(string pattern) => new(pattern, RegexOptions.CultureInvariant, TimeLimit);

    private TimeSpan TimeLimit => TimeSpan.FromSeconds(plan.RegexTimeLimitSeconds);

    private static IReadOnlyList<(string, string)> Examples(GenerationPlan plan)
    {
        if (plan.Fewshot == 0)
        {
            return [];
        }

        ExampleFile worked = ExampleFile.Open(plan.ExamplesFile!, plan.Columns);
        return worked.Rows.Count >= plan.Fewshot
            ? [.. worked.Rows.Take(plan.Fewshot).Select(r => (worked.InputOf(r), worked.TargetsOf(r)[0]))]
            : throw new InputException(
                $"{plan.ExamplesFile} has {worked.Rows.Count} worked examples, fewer than {plan.Fewshot}"
            );
    }

    private string? Answer(string written)
    {
        try
        {
            string? answer =
                extract is null ? written.Trim()
                : extract.Match(written) is { Success: true } match ? match.Groups[1].Value.Trim()
                : null;
            return answer is null || plan.Matching != Matching.Number
                ? answer
                : TextMatching.LastNumber(answer)?.ToString("R", CultureInfo.InvariantCulture);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private bool Matches(string answer, string target, TimeSpan limit) =>
        plan.Matching switch
        {
            Matching.Exact => answer == target.Trim(),
            Matching.Normalised => Squad.Normalised(answer) == Squad.Normalised(target),
            Matching.Number => TextMatching.Equal(
                double.Parse(answer, CultureInfo.InvariantCulture),
                TextMatching.LastNumber(target)!.Value,
                plan.Tolerance
            ),
            Matching.Regex => Regex.IsMatch(answer, target, RegexOptions.CultureInvariant, limit),
            _ => answer.Contains(target.Trim(), StringComparison.Ordinal),
        };

    private string Fitting(TableRow row, string target) =>
        target.Trim().Length == 0 ? throw row.Error($"the answer is empty, in the column '{file.Format.Used[1]}'")
        : Fits(target) ? target
        : throw row.Error($"the target '{target}' in the column '{file.Format.Used[1]}' is no {Wanted(plan.Matching)}");

    private static string Wanted(Matching matching) =>
        matching switch
        {
            Matching.Number => "number",
            Matching.Regex => "regular expression",
            _ => "answer",
        };

    private bool Fits(string target)
    {
        try
        {
            return plan.Matching switch
            {
                Matching.Number => TextMatching.LastNumber(target) is not null,
                Matching.Regex => new Regex(target) is not null,
                _ => true,
            };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private WritingItem ItemOf(TableRow row, WrittenTargets targets)
    {
        IReadOnlyList<string> given = file.TargetsOf(row);
        return new WritingItem(row, given[0], [.. given.Select(t => Fitting(row, targets.AnswerOf(row, t)))]);
    }

    private string IdOf(TableRow row) => row.TextOrNull(plan.Id) ?? row.Id;
}

/// <summary>An item's row and its right answers.</summary>
/// <param name="Gold">The first target as the file has it.</param>
/// <param name="Targets">What a reply's answer is compared with.</param>
internal sealed record WritingItem(TableRow Row, string Gold, IReadOnlyList<string> Targets);
