using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Tests;

/// <summary>Results with intervals of one's choice.</summary>
internal static class Results
{
    /// <summary>A task of 100 items in 10 clusters, tested against a margin of 2 points.</summary>
    /// <param name="failing">One-sided p of the hypothesis that the task is in order; null: as the interval
    /// says.</param>
    public static PairedResult Compared(string task, double low, double high, double? failing = null)
    {
        double points = (low + high) / 2,
            limit = -0.02;
        Estimate estimate = new(
            points,
            low,
            high,
            (high - low) / 4,
            9,
            2 * (failing ?? (high < 0 || low > 0 ? 0.01 : 0.3))
        );
        double beyond = failing ?? (high < limit ? 0.01 : 0.6);
        return new PairedResult
        {
            Task = task,
            Items = 100,
            Unscored = 0,
            UnscoredBefore = 0,
            UnscoredAfter = 0,
            Clusters = 10,
            Before = new ScoreInterval(0.5, 0.4, 0.6),
            After = new ScoreInterval(0.5, 0.4, 0.6),
            Difference = estimate.ToDifference(),
            Estimand = Estimand.Clusters,
            IntervalMethod = new IntervalMethod(IntervalBasis.Cr2T, false),
            Estimands = new BothEstimands(estimate, estimate),
            WorstCluster = null,
            Mcnemar = null,
            SignFlip = null,
            Gained = 0,
            Lost = 0,
            Threshold = 0.5,
            NonInferiority = new NonInferiority(-limit, 1 - beyond, beyond, low > limit, false),
        };
    }
}
