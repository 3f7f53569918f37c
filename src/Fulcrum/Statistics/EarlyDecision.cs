using System.Text.Json.Serialization;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>What a look says.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LookOutcome>))]
internal enum LookOutcome
{
    /// <summary>Nothing is shown yet: ask on.</summary>
    [JsonStringEnumMemberName("continue")]
    Continue,

    /// <summary>The difference is shown to lie above the limit.</summary>
    [JsonStringEnumMemberName("above")]
    Above,

    /// <summary>The difference is shown to lie below the limit.</summary>
    [JsonStringEnumMemberName("below")]
    Below,

    /// <summary>Neither is likely to be shown by the remaining items.</summary>
    [JsonStringEnumMemberName("futile")]
    Futile,

    /// <summary>All items are asked, and neither is shown.</summary>
    [JsonStringEnumMemberName("open")]
    Open,
}

/// <summary>One look at the items asked so far.</summary>
/// <param name="Asked">Items that were asked.</param>
/// <param name="Share">The same as a share of all items.</param>
/// <param name="Boundary">z of this look.</param>
/// <param name="Estimate">The repeated interval, at α = 2Φ(-z): valid although several looks were taken.</param>
/// <param name="Outcome">Whether to stop, and why.</param>
internal sealed record Look(int Asked, double Share, double Boundary, Estimate Estimate, LookOutcome Outcome)
{
    /// <summary>Whether no further item need be asked.</summary>
    [JsonIgnore]
    public bool Stops => Outcome != LookOutcome.Continue;

    /// <summary>The two-sided level of the repeated interval.</summary>
    [JsonIgnore]
    public double Level => Student.NormalTwoSided(Boundary);
}

/// <summary>The looks of one task: after how many items, and how far the statistic must then be.</summary>
/// <param name="Asked">Items asked at each look, strictly rising; the last are all items.</param>
/// <param name="Boundaries">z of each look.</param>
internal sealed record LookPlan(IReadOnlyList<int> Asked, IReadOnlyList<double> Boundaries)
{
    /// <summary>Plans looks.</summary>
    /// <param name="asked">Items asked at each look, strictly rising; the last are all items.</param>
    /// <param name="error">Error of one side when all items are asked.</param>
    public static LookPlan Of(IReadOnlyList<int> asked, double error = GroupSequential.Error) =>
        new(asked, GroupSequential.Boundaries([.. asked.Select(n => (double)n / asked[^1])], error));

    /// <summary>The share of all items that is asked at a look.</summary>
    public double Share(int look) => (double)Asked[look] / Asked[^1];
}

/// <summary>Group-sequential decisions: stop as soon as the difference is shown to lie on one side of a
/// limit.</summary>
/// <remarks>
/// A pure function of the answers so far: a resumed run takes the same looks. Each look asks the same share of every
/// cluster, in seeded random order, so that its items are like the rest.
/// </remarks>
internal static class EarlyDecision
{
    /// <summary>From this many items on looks begin at 1/64.</summary>
    public const int ManyItems = 2_000;

    /// <summary>A sample whose chance to show anything by its last item falls below this is stopped.</summary>
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

    /// <summary>Items of a cluster that have been asked at a look: at least one.</summary>
    public static int Asked(int clusterItems, double share) =>
        Math.Min(clusterItems, Math.Max(1, (int)Math.Round(share * clusterItems, MidpointRounding.AwayFromZero)));

    /// <summary>The number of items that is really asked at each planned look. Looks that add nothing are left
    /// out.</summary>
    /// <param name="clusterItems">Items of each cluster.</param>
    public static IReadOnlyList<int> Counts(IReadOnlyList<int> clusterItems) =>
        [.. Looks(clusterItems.Sum()).Select(t => clusterItems.Sum(n => Asked(n, t))).Distinct()];

    /// <summary>Decides after the items of one look.</summary>
    /// <param name="look">Which look of the plan, from 0.</param>
    /// <param name="seen">The differences of the items asked so far.</param>
    /// <param name="limit">As a fraction: 0 for a gain, minus the margin for a loss.</param>
    /// <param name="failures">The number of tasks of which one that fails is enough to reject: "below" is tested at the
    /// level of the look divided by it (Bonferroni).</param>
    public static Look At(LookPlan plan, int look, Sample seen, Estimand estimand, double limit, int failures = 1)
    {
        double level = Student.NormalTwoSided(plan.Boundaries[look]);
        Estimator estimator = new(seen, estimand);
        Estimate repeated = estimator.At(level);
        LookOutcome outcome =
            repeated.Low > limit ? LookOutcome.Above
            : estimator.At(level / failures).High < limit ? LookOutcome.Below
            : look == plan.Asked.Count - 1 ? LookOutcome.Open
            : IsFutile(plan.Share(look), Statistic(estimator, seen, limit), plan.Boundaries[^1]) ? LookOutcome.Futile
            : LookOutcome.Continue;
        return new Look(plan.Asked[look], plan.Share(look), plan.Boundaries[look], repeated, outcome);
    }

    /// <summary>The normal value of the estimate's p against the limit, with the sign of the distance.</summary>
    private static double Statistic(Estimator estimator, Sample seen, double limit)
    {
        double p = Math.Max(estimator.P(limit), 1e-300);
        return Math.Sign(seen.Mean - limit) * Student.NormalQuantile(Math.Min(0.5, p / 2));
    }

    /// <summary>
    /// Predictive power under a flat prior: with z at share t the path ends at z/√t with variance (1 - t)/t. The rule
    /// does not bind: boundaries hold whether it is kept or not.
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
