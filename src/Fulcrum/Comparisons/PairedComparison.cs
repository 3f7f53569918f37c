using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>The settings of a comparison.</summary>
/// <param name="Margin">The margin in percentage points; null: no test against a margin.</param>
/// <param name="Seed">The seed of tests that draw random numbers.</param>
/// <param name="Estimand">The estimand; null: the default. With too few clusters it is other items in any case.</param>
/// <param name="Threshold">The score from which an item counts as gained or lost; 0: every rise and fall
/// counts.</param>
/// <param name="GroupOrder">The order of the groups; groups that it does not name follow by their names.</param>
/// <param name="Measure">A measure of the whole corpus; null: none.</param>
/// <param name="Level">Two-sided level of the intervals: 0.05, or that of the look at which an early decision was
/// made.</param>
/// <param name="Floor">What the first side scores without knowledge, where many sides are compared with it; null: it is
/// computed here.</param>
internal sealed record ComparisonSettings(
    double? Margin = null,
    int Seed = 0,
    Estimand? Estimand = null,
    double Threshold = 0.5,
    IReadOnlyList<string>? GroupOrder = null,
    CorpusMeasure? Measure = null,
    double Level = ComparisonSettings.Usual,
    Lazy<WithoutKnowledge?>? Floor = null
)
{
    /// <summary>The level of a comparison of all items.</summary>
    internal const double Usual = 0.05;

    /// <summary>Returns a p that agrees with the interval: it is below 0.05 exactly if the interval at the level
    /// excludes the hypothesis.</summary>
    internal double Repeated(double p) => Level == Usual ? p : Math.Min(1, p * Usual / Level);

    /// <summary>Returns the estimate with such a p.</summary>
    internal Estimate Repeated(Estimate estimate) => estimate with { P = Repeated(estimate.P) };
}

/// <summary>The comparison of two measurements of the same items, item by item.</summary>
internal static class PairedComparison
{
    private const double LeastUnscoredShare = 0.01;

    /// <summary>Compares one task.</summary>
    /// <exception cref="InputException">An id is missing on one side, or repeated; names it.</exception>
    public static PairedResult Of(
        string task,
        IReadOnlyList<Answer> before,
        IReadOnlyList<Answer> after,
        ComparisonSettings? settings = null
    )
    {
        ComparisonSettings given = settings ?? new ComparisonSettings();
        IReadOnlyList<(Answer Before, Answer After)> pairs = AnswerPairs.Of(task, before, after),
            questions = AnswerPairs.Of(task, QuestionForms.Joined(before), QuestionForms.Joined(after));
        return Of(task, null, questions, given, given.Level) with
        {
            AskedItems = pairs.Count == questions.Count ? null : pairs.Count,
            Groups = Groups(task, questions, given),
            Chance = before.Select(a => a.Chance).FirstOrDefault(),
            Protocol = before.Select(a => a.Protocol).FirstOrDefault(),
            Macro = Macro(Scored(questions), given.Level),
            Measures = MeasureStatistics.Of(pairs, given.Level),
            MeasureParts = MeasureStatistics.Parts(pairs, given.Level),
            Calibration = MeasureStatistics.CalibrationOf(pairs),
            Corpus = Corpus(pairs, given.Measure),
            Replies = SideReplies.Of(before, after),
            WithoutKnowledge =
                given.Margin is null ? null
                : given.Floor is { } floor ? floor.Value
                : WithoutKnowledge.Of(before, given.Estimand, ComparisonSettings.Usual),
            GuessedAfter = given.Margin is null
                ? WithoutKnowledge.Of(after, given.Estimand, ComparisonSettings.Usual)
                : null,
        };
    }

    /// <summary>The paired differences of the items scored on both sides, in the order of the first.</summary>
    /// <exception cref="InputException">As for
    /// <see cref="Of(string, IReadOnlyList{Answer}, IReadOnlyList{Answer}, ComparisonSettings?)"/>.</exception>
    public static Sample Differences(string task, IReadOnlyList<Answer> before, IReadOnlyList<Answer> after) =>
        Sample.OfPairs(Scored(AnswerPairs.Of(task, QuestionForms.Joined(before), QuestionForms.Joined(after))));

    /// <summary>Returns the paired differences of pairs of answers.</summary>
    public static Sample Differences(IReadOnlyList<(Answer Before, Answer After)> pairs) =>
        Sample.OfPairs(Scored(pairs));

    /// <summary>The interval of one side's score: Wilson's for 0 and 1, else that of a mean of graded scores.</summary>
    /// <param name="binary">Whether every score of both sides is 0 or 1.</param>
    public static ScoreInterval Score(IReadOnlyList<(string Cluster, double Score)> scores, bool binary)
    {
        if (binary || scores.Count == 0)
        {
            return Proportion.Wilson(scores.Count(s => s.Score == 1), scores.Count);
        }

        Sample sample = Sample.OfScores(scores);
        Estimate estimate = new Estimator(sample, Estimator.Default(sample)).At();
        return new ScoreInterval(estimate.Points, estimate.Low, estimate.High);
    }

    /// <summary>The estimand that a sample allows: the one asked for, or items where there are too few
    /// clusters.</summary>
    public static Estimand Allowed(Sample sample, Estimand? asked) =>
        sample.Clusters < Estimator.LeastClusters ? Estimand.Items : asked ?? Estimator.Default(sample);

    private static PairedResult Of(
        string task,
        string? group,
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        ComparisonSettings settings,
        double level
    )
    {
        (string Cluster, double Before, double After)[] scored = Scored(pairs);
        Sample sample = Sample.OfPairs(scored);
        bool binary = sample.Flips is not null;
        Estimand estimand = Allowed(sample, settings.Estimand);
        Estimator items = new(sample, Estimand.Items);
        Estimator? clusters =
            sample.Clusters < Estimator.LeastClusters ? null : new Estimator(sample, Estimand.Clusters);
        Estimator chosen = estimand == Estimand.Items ? items : clusters!;
        (int gained, int lost) = Flips(scored, settings.Threshold);
        return new PairedResult
        {
            Task = task,
            Group = group,
            Items = sample.Items,
            Clusters = sample.Clusters,
            Unscored = pairs.Count - sample.Items,
            UnscoredBefore = pairs.Count(p => p.Before.Score is null),
            UnscoredAfter = pairs.Count(p => p.After.Score is null),
            Bounds = Bounds(pairs, estimand, level),
            Before = Score([.. scored.Select(p => (p.Cluster, p.Before))], binary),
            After = Score([.. scored.Select(p => (p.Cluster, p.After))], binary),
            Difference = chosen.At(level).ToDifference(),
            Estimand = estimand,
            IntervalMethod = chosen.Method,
            Estimands = new BothEstimands(
                settings.Repeated(items.At(level)),
                clusters is null ? null : settings.Repeated(clusters.At(level))
            ),
            WorstCluster = sample.WorstCluster(),
            FewChanges = group is null ? FewChanges.Of(sample, estimand, level) : null,
            Mcnemar = sample.Flips is { } flips ? Proportion.McNemar(flips.Gained, flips.Lost) : null,
            SignFlip = binary ? null : SignFlip.Test(sample, RandomStream.For(settings.Seed, $"sign flips of {task}")),
            Gained = gained,
            Lost = lost,
            Threshold = settings.Threshold,
            NonInferiority = settings.Margin is { } margin
                ? Test(FewChanges.AgainstLimits(sample, estimand), margin / 100, settings)
                : null,
        };
    }

    /// <summary>Intervals at level / groups (Bonferroni), so that all of them hold together in 95% of
    /// studies.</summary>
    private static PairedResult[] Groups(
        string task,
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        ComparisonSettings settings
    )
    {
        List<string> order = [.. settings.GroupOrder ?? []];
        int PlaceOf(string group) => order.IndexOf(group) is >= 0 and var place ? place : order.Count;
        IGrouping<string, (Answer Before, Answer After)>[] parts =
        [
            .. pairs
                .GroupBy(p => p.Before.Group)
                .OrderBy(g => PlaceOf(g.Key))
                .ThenBy(g => g.Key, StringComparer.Ordinal),
        ];
        if (parts.Length < 2)
        {
            return [];
        }

        PairedResult[] groups =
        [
            .. parts.Select(g =>
                Of(task, g.Key, [.. g], settings with { Margin = null }, settings.Level / parts.Length)
            ),
        ];
        return [.. groups.Select(g => g with { AdjustedP = Math.Min(1, parts.Length * g.Estimands.Of(g.Estimand).P) })];
    }

    private static CorpusResult? Corpus(IReadOnlyList<(Answer Before, Answer After)> pairs, CorpusMeasure? asked) =>
        CorpusMeasures.AreOfTexts(pairs) ? CorpusMeasures.Of(CorpusMeasure.BitsPerByte, pairs)
        : asked is { } measure ? CorpusMeasures.Of(measure, Both(pairs))
        : null;

    private static (Answer Before, Answer After)[] Both(IReadOnlyList<(Answer Before, Answer After)> pairs) =>
        [.. pairs.Where(p => p.Before.Score is not null && p.After.Score is not null)];

    internal static (string Cluster, double Before, double After)[] Scored(
        IReadOnlyList<(Answer Before, Answer After)> pairs
    ) => [.. Both(pairs).Select(p => (p.Before.Cluster, p.Before.Score!.Value, p.After.Score!.Value))];

    private static (int Gained, int Lost) Flips(
        IReadOnlyList<(string Cluster, double Before, double After)> scored,
        double threshold
    ) =>
        (
            scored.Count(p => threshold == 0 ? p.After > p.Before : p.Before < threshold && p.After >= threshold),
            scored.Count(p => threshold == 0 ? p.After < p.Before : p.Before >= threshold && p.After < threshold)
        );

    /// <summary>Returns the difference if all items that only one side could not score counted against, or for, the
    /// second side; null if at most 1% of the items are such.</summary>
    internal static UnscoredBounds? Bounds(
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        Estimand estimand,
        double level
    )
    {
        int before = pairs.Count(p => p.Before.Score is null && p.After.Score is not null);
        int after = pairs.Count(p => p.After.Score is null && p.Before.Score is not null);
        return Math.Max(before, after) <= LeastUnscoredShare * pairs.Count
            ? null
            : new UnscoredBounds(Filled(pairs, 1, 0, estimand, level), Filled(pairs, 0, 1, estimand, level));
    }

    private static Difference Filled(
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        double before,
        double after,
        Estimand estimand,
        double level
    )
    {
        Sample sample = Sample.OfPairs([
            .. pairs
                .Where(p => p.Before.Score is not null || p.After.Score is not null)
                .Select(p => (p.Before.Cluster, p.Before.Score ?? before, p.After.Score ?? after)),
        ]);
        return new Estimator(sample, Allowed(sample, estimand)).At(level).ToDifference();
    }

    /// <summary>
    /// Non-inferiority by the one-sided test at 2.5%, the lower half of the 95% interval (Piaggio et al. 2012, JAMA
    /// 308:2594), and equivalence by two one-sided tests at 5% (Schuirmann 1987, J. Pharmacokin. Biopharm. 15:657).
    /// </summary>
    private static NonInferiority Test(Estimator estimator, double margin, ComparisonSettings settings)
    {
        Estimate at95 = estimator.At(settings.Level),
            at90 = estimator.At(2 * settings.Level);
        double p = estimator.P(-margin),
            near = settings.Repeated(p) / 2,
            far = 1 - p / 2;
        bool inside = at95.Points > -margin;
        return new NonInferiority(
            margin,
            inside ? near : far,
            inside ? far : near,
            at95.Low > -margin,
            at90.Low > -margin && at90.High < margin
        );
    }

    private static MacroMeans? Macro(IReadOnlyList<(string Cluster, double Before, double After)> scored, double level)
    {
        (double Before, double After)[] means =
        [
            .. scored.GroupBy(p => p.Cluster).Select(g => (g.Average(p => p.Before), g.Average(p => p.After))),
        ];
        if (means.Length < Estimator.LeastClusters)
        {
            return null;
        }

        Sample differences = Sample.OfDifferences([.. means.Select((m, i) => ($"{i}", m.After - m.Before))]);
        return new MacroMeans(
            means.Average(m => m.Before),
            means.Average(m => m.After),
            FewChanges.OfMeans(differences, Sample.OfPairs(scored)).At(level).ToDifference()
        );
    }
}
