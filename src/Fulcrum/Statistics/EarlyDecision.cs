using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>What a look (an interim analysis) concludes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LookOutcome>))]
internal enum LookOutcome
{
    /// <summary>Neither side is shown yet: evaluate more items.</summary>
    [JsonStringEnumMemberName("continue")]
    Continue,

    /// <summary>The difference is shown to lie above the limit.</summary>
    [JsonStringEnumMemberName("above")]
    Above,

    /// <summary>The difference is shown to lie below the limit.</summary>
    [JsonStringEnumMemberName("below")]
    Below,

    /// <summary>The remaining items are unlikely to show either side.</summary>
    [JsonStringEnumMemberName("futile")]
    Futile,

    /// <summary>All items are evaluated, and neither side is shown.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}

/// <summary>One look (interim analysis) at the items evaluated so far.</summary>
/// <param name="Asked">The number of items evaluated so far.</param>
/// <param name="Share">This number as a share of all items.</param>
/// <param name="Boundary">The boundary z of this look.</param>
/// <param name="Estimate">The repeated interval: taken at α = 2Φ(-z), so it is valid after several looks.</param>
/// <param name="Outcome">Whether to stop, and why.</param>
internal sealed record Look(int Asked, double Share, double Boundary, Estimate Estimate, LookOutcome Outcome)
{
    /// <summary>Whether no more items need to be evaluated.</summary>
    [JsonIgnore]
    public bool Stops => Outcome != LookOutcome.Continue;

    /// <summary>The two-sided level of the repeated interval.</summary>
    [JsonIgnore]
    public double Level => Student.NormalTwoSided(Boundary);
}

/// <summary>The planned looks of one task: after how many items each takes place, and its boundary.</summary>
/// <param name="Asked">The number of items evaluated at each look, strictly rising. The last look has all
/// items.</param>
/// <param name="Boundaries">The boundary z of each look.</param>
internal sealed record LookPlan(IReadOnlyList<int> Asked, IReadOnlyList<double> Boundaries)
{
    /// <summary>Computes the boundaries of looks.</summary>
    /// <param name="asked">The number of items evaluated at each look, strictly rising. The last look has all
    /// items.</param>
    /// <param name="error">One-sided error probability of all looks together.</param>
    public static LookPlan Of(IReadOnlyList<int> asked, double error = GroupSequential.Error) =>
        new(asked, GroupSequential.Boundaries([.. asked.Select(n => (double)n / asked[^1])], error));

    /// <summary>The share of all items that is evaluated at a look.</summary>
    public double Share(int look) => (double)Asked[look] / Asked[^1];
}

/// <summary>Group-sequential decisions: stop as soon as the difference is shown to lie on one side of a
/// limit.</summary>
/// <remarks>
/// The decision depends on the answers so far and on nothing else, so a resumed run takes the same looks. Each look
/// evaluates the same share of every cluster, in seeded random order, so that its items are like the remaining ones.
/// </remarks>
internal static class EarlyDecision
{
    /// <summary>A task with at least this many items has its first look at 1/64 of them (31 items), otherwise at
    /// 1/10.</summary>
    public const int ManyItems = 2_000;

    /// <summary>A task stops if the predictive power of both sides together falls below this.</summary>
    public const double LeastPredictivePower = 0.05;

    private static readonly double[] ManyLooks =
    [
        1 / 64.0,
        1 / 32.0,
        1 / 16.0,
        1 / 8.0,
        1 / 4.0,
        0.4,
        0.55,
        0.7,
        0.85,
        1,
    ];
    private static readonly double[] FewLooks = [0.1, 0.2, 0.4, 0.6, 0.8, 1];

    /// <summary>The planned looks of a task, as shares of its items.</summary>
    public static IReadOnlyList<double> Looks(int items) => items >= ManyItems ? ManyLooks : FewLooks;

    /// <summary>The number of items of a cluster that are evaluated at a look: at least one.</summary>
    public static int Asked(int clusterItems, double share) =>
        Math.Min(clusterItems, Math.Max(1, (int)Math.Round(share * clusterItems, MidpointRounding.AwayFromZero)));

    /// <summary>The number of items that are evaluated at each planned look, after rounding within clusters. Looks
    /// without an additional item are left out.</summary>
    /// <param name="clusterItems">The number of items of each cluster.</param>
    public static IReadOnlyList<int> Counts(IReadOnlyList<int> clusterItems) =>
        [.. Looks(clusterItems.Sum()).Select(t => clusterItems.Sum(n => Asked(n, t))).Distinct()];

    /// <summary>Decides after the items of one look.</summary>
    /// <param name="look">The index of the look in the plan, from 0.</param>
    /// <param name="seen">The differences of the items evaluated so far.</param>
    /// <param name="limit">As a fraction: 0 for a gain, minus the margin for a loss.</param>
    /// <param name="failures">The number of tasks in the study, if one failing task is enough to reject the candidate:
    /// "below" is tested at the level of the look divided by this number (Bonferroni).</param>
    public static Look At(LookPlan plan, int look, Sample seen, Estimand estimand, double limit, int failures = 1)
    {
        double level = Student.NormalTwoSided(plan.Boundaries[look]);
        Estimator interval = new(seen, estimand),
            estimator = limit == 0 ? interval : FewChanges.AgainstLimits(seen, estimand);
        Estimate repeated = interval.At(level);
        LookOutcome outcome =
            estimator.At(level).Low > limit ? LookOutcome.Above
            : estimator.At(level / failures).High < limit ? LookOutcome.Below
            : look == plan.Asked.Count - 1 ? LookOutcome.Open
            : IsFutile(plan.Share(look), Statistic(estimator, seen, limit), plan.Boundaries[^1]) ? LookOutcome.Futile
            : LookOutcome.Continue;
        return new Look(plan.Asked[look], plan.Share(look), plan.Boundaries[look], repeated, outcome);
    }

    /// <summary>Returns the z value that has the p of the estimate against the limit, with the sign of the
    /// distance.</summary>
    private static double Statistic(Estimator estimator, Sample seen, double limit)
    {
        double p = Math.Max(estimator.P(limit), 1e-300); // p = 0 has no finite quantile
        return Math.Sign(seen.Mean - limit) * Student.NormalQuantile(Math.Min(0.5, p / 2));
    }

    /// <summary>
    /// Predictive power under a flat prior (Spiegelhalter, Freedman and Blackburn 1986, Control. Clin. Trials 7:8):
    /// given z at share t, the final statistic is normal with mean z/√t and variance (1 - t)/t. The rule is
    /// non-binding: the boundaries are valid whether a study stops for futility or not.
    /// </summary>
    private static bool IsFutile(double share, double z, double last)
    {
        double end = z / Math.Sqrt(share),
            deviation = Math.Sqrt((1 - share) / share);
        double above = Normal.CDF(0, 1, (end - last) / deviation),
            below = Normal.CDF(0, 1, (-end - last) / deviation);
        return above + below < LeastPredictivePower;
    }
}
