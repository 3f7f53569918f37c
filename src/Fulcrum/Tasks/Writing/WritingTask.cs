using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Tasks.Grading;

namespace Fulcrum.Tasks.Writing;

/// <summary>Free answers from a file of one's own, graded by comparing texts.</summary>
public sealed class WritingTask : ITask
{
    private readonly GenerationPlan plan;
    private readonly Decoding decoding;
    private readonly Dictionary<string, (string Input, IReadOnlyList<string> Targets)> rows;
    private readonly Regex? extract;

    private WritingTask(GenerationPlan plan, int seed, Decoding decoding)
    {
        (this.plan, this.decoding) = (plan, decoding);
        extract = plan.Extract is null
            ? null
            : new Regex(plan.Extract, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(plan.RegexTimeLimitSeconds));
        TableRow[] all = [.. Table.Read(plan.File)];
        rows = new Dictionary<string, (string, IReadOnlyList<string>)>(StringComparer.Ordinal);
        foreach (TableRow row in all)
        {
            IReadOnlyList<string> targets = Targets(row);
            _ = rows.TryAdd(IdOf(row), (row.Text(plan.Input), targets))
                ? true
                : throw row.Error($"the id '{IdOf(row)}' occurs a second time");
        }

        IReadOnlyList<TableRow> chosen = StratifiedSample.Of(
            all,
            r => r.TextOrNull(plan.Cluster) ?? "",
            plan.Items,
            RandomStream.For(seed, $"items of {Path.GetFileName(plan.File)}")
        );
        Items =
        [
            .. chosen.Select(r => new Item(
                IdOf(r),
                r.TextOrNull(plan.Cluster) ?? "",
                r.TextOrNull(plan.Group) ?? "",
                r.Text(plan.Input),
                string.Join(" | ", rows[IdOf(r)].Targets)
            )),
        ];
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
            OwnPrompt.Of(plan.Prompt, plan.System, rows[item.Id].Input),
            plan.MaxNewTokens,
            plan.Stops ?? [],
            decoding.For(Name, item.Id)
        );

    /// <inheritdoc/>
    public Grade Grade(Item item, Reply reply)
    {
        string written = ((Reply.Written)reply).Text;
        string? answer = Answer(written);
        SortedDictionary<string, double> parsed = new(StringComparer.Ordinal) { ["parsed"] = answer is null ? 0 : 1 };
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
            bool right = rows[item.Id].Targets.Any(t => Matches(answer, t));
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

    /// <summary>The first target; none where the target is a pattern, or the answer has to be found in a
    /// reply.</summary>
    public Reply? Gold(Item item) =>
        plan.Matching == Matching.Regex || extract is not null
            ? null
            : new Reply.Written(rows[item.Id].Targets[0], FinishReason.Stop, 0);

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

    private bool Matches(string answer, string target) =>
        plan.Matching switch
        {
            Matching.Exact => answer == target.Trim(),
            Matching.Normalised => Squad.Normalised(answer) == Squad.Normalised(target),
            Matching.Number => TextMatching.Equal(
                double.Parse(answer, CultureInfo.InvariantCulture),
                TextMatching.LastNumber(target)!.Value,
                plan.Tolerance
            ),
            Matching.Regex => Regex.IsMatch(
                answer,
                target,
                RegexOptions.CultureInvariant,
                TimeSpan.FromSeconds(plan.RegexTimeLimitSeconds)
            ),
            _ => answer.Contains(target.Trim(), StringComparison.Ordinal),
        };

    private IReadOnlyList<string> Targets(TableRow row)
    {
        IReadOnlyList<string> targets = row.Texts(plan.Target);
        string? bad = targets.FirstOrDefault(t => !Fits(t));
        return targets.Count == 0 ? throw row.Error($"the column '{plan.Target}' holds an empty list")
            : bad is null ? targets
            : throw row.Error($"the target '{bad}' in the column '{plan.Target}' is no {Wanted(plan.Matching)}");
    }

    private static string Wanted(Matching matching) =>
        matching switch
        {
            Matching.Number => "number",
            Matching.Regex => "regular expression",
            _ => "answer: it is empty",
        };

    private bool Fits(string target)
    {
        try
        {
            return plan.Matching switch
            {
                Matching.Number => TextMatching.LastNumber(target) is not null,
                Matching.Regex => new Regex(target) is not null,
                _ => target.Trim().Length > 0,
            };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private string IdOf(TableRow row) =>
        row.TextOrNull(plan.Id) ?? $"{Path.GetFileNameWithoutExtension(row.File)}/{row.Number}";
}
