using System.Text;
using System.Text.RegularExpressions;
using Fulcrum.Models;
using Fulcrum.Patterns;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The grade of one item: each metric as one number, or as two numbers of a measure over all items.</summary>
/// <param name="Scores">Metric (<c>METRIC,FILTER</c> where there are several filters) to its numbers.</param>
/// <param name="Prediction">What the answer was read as.</param>
/// <param name="Target">The right answer as text.</param>
/// <param name="Choice">Place of the chosen choice; null where nothing is chosen.</param>
/// <param name="Filtered">Filter to what it made of the replies; null for a choice.</param>
internal sealed record HarnessGrade(
    IReadOnlyDictionary<string, double[]> Scores,
    string Prediction,
    string Target,
    int? Choice = null,
    IReadOnlyDictionary<string, object?>? Filtered = null
)
{
    /// <summary>The score of the item; null: the first metric that is a score.</summary>
    public double? Score { get; init; }

    /// <summary>The verdict; null: it follows from the score.</summary>
    public string? Verdict { get; init; }

    /// <summary>The extraction rule; null if the filters determine it.</summary>
    public string? Rule { get; init; }

    /// <summary>The reason, as a sentence.</summary>
    public string? Reason { get; init; }
}

/// <summary>Grades the answers to a task's rows.</summary>
/// <param name="severalTargets">The first row's target is a list, so every row may have several right answers.</param>
/// <param name="severalInputs">The choices are prompts, and the question's field is the right one's place.</param>
internal sealed class HarnessGrader(HarnessConfig config, HarnessFields fields, bool severalInputs, bool severalTargets)
{
    /// <summary>The texts of the right choices of a row.</summary>
    /// <exception cref="InputException">The target is outside the choices; names the row.</exception>
    public IReadOnlyList<string> RightChoices(HarnessRow row)
    {
        List<string> choices = fields.Choices(row)!;
        return [.. Right(row, choices).Select(i => choices[i])];
    }

    /// <summary>The places of the right choices of a row.</summary>
    /// <exception cref="InputException">As for <see cref="RightChoices"/>.</exception>
    public IReadOnlyList<int> RightPlaces(HarnessRow row) => Right(row, fields.Choices(row)!);

    /// <summary>The grade of a choice.</summary>
    /// <param name="scores">One a choice; with <c>acc_mutual_info</c> then one a choice with an empty prompt.</param>
    public HarnessGrade Choose(HarnessRow row, IReadOnlyList<ContinuationScore> scores)
    {
        List<string> choices = fields.Choices(row)!;
        double[] likelihoods = [.. scores.Take(choices.Count).Select(s => s.LogLikelihood)];
        int[] right = Right(row, choices);
        int chosen = Largest(likelihoods);
        if (config.ProcessResults is { Name: "truthfulqa_mc2" })
        {
            return new HarnessGrade(
                Named("acc", TruthfulShare(row, likelihoods)),
                choices[chosen],
                choices[right[0]],
                chosen
            );
        }

        return new HarnessGrade(
            config.Metrics.ToDictionary(m => m.Name, m => Values(m.Score), StringComparer.Ordinal),
            choices[chosen],
            string.Join(Answer.TargetSeparator, right.Select(i => choices[i])),
            chosen
        );

        double[] Values(HarnessScore score) =>
            score switch
            {
                HarnessScore.Normalised => [IsRight(LargestPer(c => PythonText.Length(c)))],
                HarnessScore.ByBytes => [IsRight(LargestPer(c => Encoding.UTF8.GetByteCount(c)))],
                HarnessScore.MutualInformation => [IsRight(LargestGain())],
                HarnessScore.ExactMatch => [right.Any(i => scores[i].Greedy) ? 1 : 0],
                HarnessScore.F1 or HarnessScore.Matthews => [right[0], chosen],
                _ => [IsRight(chosen)],
            };

        double IsRight(int place) => right.Contains(place) ? 1 : 0;

        int LargestPer(Func<string, double> length) =>
            Largest([.. likelihoods.Select((likelihood, i) => likelihood / length(choices[i]))]);

        // The likelihood after the prompt, relative to that after an empty prompt.
        int LargestGain() =>
            Largest([.. likelihoods.Select((likelihood, i) => likelihood - scores[choices.Count + i].LogLikelihood)]);
    }

    /// <summary>The grade of one continuation.</summary>
    public HarnessGrade Score(HarnessRow row, ContinuationScore score) =>
        new(
            config.Metrics.ToDictionary(
                m => m.Name,
                m => m.Score == HarnessScore.Perplexity ? [score.LogLikelihood] : new[] { score.Greedy ? 1.0 : 0 }
            ),
            score.Greedy ? Text(fields.Target(row)) : "",
            Text(fields.Target(row))
        );

    /// <summary>The grade of a whole text.</summary>
    public HarnessGrade Roll(HarnessRow row, string text, double logLikelihood)
    {
        // WikiText's figures are those of the page as the data has it, before it was detokenised.
        string counted = config.ProcessResults is { Name: "wikitext" } ? (string)row.Values["page"]! : text;
        return new HarnessGrade(
            config.Metrics.ToDictionary(
                m => m.Name,
                m =>
                    new[]
                    {
                        logLikelihood,
                        m.Score == HarnessScore.WordPerplexity
                            ? PythonText.Words(counted)
                            : Encoding.UTF8.GetByteCount(counted),
                    }
            ),
            "",
            ""
        );
    }

    /// <summary>The grade of written replies.</summary>
    public HarnessGrade Write(HarnessRow row, IReadOnlyList<string> replies)
    {
        if (config.ProcessResults is { Name: not HarnessReplies.Gsm8k } grader)
        {
            return Located(row, "the grader", () => HarnessReplies.Grade(grader.Name, row.Values, replies[0]));
        }

        Dictionary<string, double[]> scores = new(StringComparer.Ordinal);
        Dictionary<string, object?> filtered = new(StringComparer.Ordinal);
        object? target = Wanted(row);
        foreach (HarnessPipeline pipeline in config.Filters)
        {
            object? value = Filtered(row, pipeline, replies);
            filtered[pipeline.Name] = value;
            foreach (HarnessMetric metric in config.Metrics)
            {
                scores[Named(metric.Name, pipeline.Name)] =
                [
                    Located(row, "metric_list", () => new HarnessExactMatch(metric).Score(value, target)),
                ];
            }
        }

        HarnessGrade published = new(scores, Shown(filtered.Values.First()), Shown(target), null, filtered);
        return config.ProcessResults is null ? published : HarnessReplies.WithNumber(published, replies[0]);
    }

    private static Dictionary<string, double[]> Named(string metric, double value) =>
        new(StringComparer.Ordinal) { [metric] = [value] };

    /// <summary>The share of probability on the true answers (TruthfulQA's MC2; Lin et al. 2022, section 3).</summary>
    private double TruthfulShare(HarnessRow row, double[] likelihoods)
    {
        List<object?> labels =
            (row.Values.GetValueOrDefault("mc2_targets") as TemplateMap)?.GetValueOrDefault("labels") as List<object?>
            ?? [];
        if (labels.Count != likelihoods.Length)
        {
            throw config.Error(
                $"row {row.Number}: mc2_targets.labels has {labels.Count} entries for {likelihoods.Length} choices"
            );
        }

        double most = likelihoods.Max();
        double[] shares = [.. likelihoods.Select(l => Math.Exp(l - most))];
        return shares.Where((_, i) => labels[i] is 1L or true).Sum() / shares.Sum();
    }

    /// <summary>A metric's name in answers: with its filter where a task has several.</summary>
    public string Named(string metric, string filter) => config.Filters.Count > 1 ? $"{metric},{filter}" : metric;

    private object? Filtered(HarnessRow row, HarnessPipeline pipeline, IReadOnlyList<string> replies) =>
        Located(
            row,
            $"filter {pipeline.Name}",
            () =>
                pipeline.Filters.Aggregate(
                    (object?)replies.Select(r => (object?)r).ToList(),
                    (value, filter) => filter.Apply(value, row.Values)
                )
        );

    private object? Wanted(HarnessRow row)
    {
        object? target = fields.Target(row);
        if (config.Choice is not null && fields.Choices(row) is { } choices)
        {
            return choices[Place(row, target, choices.Count)];
        }

        return target is List<object?> list && severalTargets ? list.Select(Text).Cast<object?>().ToList()
            : severalTargets && target is string letters ? TemplateFilters.Items(letters, 0)
            : Text(target);
    }

    /// <summary>Places of the right choices.</summary>
    private int[] Right(HarnessRow row, List<string> choices)
    {
        object? target = severalInputs ? fields.Text(row) : fields.Target(row);
        if (target is not List<object?> list)
        {
            return [Place(row, target, choices.Count, choices)];
        }

        return severalTargets && list.Count > 0
            ? [.. list.Select(t => Place(row, t, choices.Count))]
            : throw config.Error(
                $"row {row.Number}: doc_to_target is a list here, but not in the first row, or an empty one"
            );
    }

    private int Place(HarnessRow row, object? target, int count, List<string>? choices = null)
    {
        long at = target switch
        {
            long whole => whole,
            bool flag => flag ? 1 : 0,
            double real when real == Math.Floor(real) => (long)real,
            string text when choices is not null => choices.IndexOf(text),
            _ => -1,
        };
        string field = (severalInputs ? config.Text : config.Target) as string ?? "";
        return at >= 0 && at < count
            ? (int)at
            : throw config.Error(
                $"row {row.Number}: {(severalInputs ? "doc_to_text" : "doc_to_target")} ({field}) "
                    + $"is {TemplateValues.Repr(target)}, outside its {count} choices"
            );
    }

    private static int Largest(double[] values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    private static string Text(object? value) => TemplateValues.Text(value);

    private static string Shown(object? value) =>
        value switch
        {
            null => "",
            List<object?> list => string.Join(Answer.TargetSeparator, list.Select(Shown)),
            _ => Text(value),
        };

    private T Located<T>(HarnessRow row, string key, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (InputException e)
        {
            throw config.Error($"row {row.Number}: {key}: {e.Message}", e);
        }
    }
}
