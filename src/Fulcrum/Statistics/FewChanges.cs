using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>What a sample says of other clusters if few of its clusters changed: fewer than 5, or in effect fewer than
/// half.</summary>
/// <remarks>
/// The spread over clusters shows how changes cluster, but not before some clusters have changed. Until then the
/// interval for other clusters is the one of independent items: 240 unchanged items give ±1.6 points, whether they
/// come from 8 clusters or from 240. But if some clusters lose much and others nothing, 8 clusters may miss the losing
/// ones. So a loss is compared with a margin by bounds that assume an intraclass correlation of the items' changes
/// (<c>docs/method.md</c>, "Few changed clusters").
/// </remarks>
/// <param name="ChangedClusters">Clusters with a changed item.</param>
/// <param name="EffectiveClusters">How many clusters would hold the changes if each held as many.</param>
/// <param name="DesignEffect">The assumed variance of the mean over that with independent items.</param>
/// <param name="Low">Lower bound of the mean difference under this design effect.</param>
/// <param name="High">Upper bound.</param>
/// <param name="ChangedAtMost">Upper bound of the share of clusters that change. A cluster cannot lose more than all
/// its items, so the mean over clusters cannot be lower than minus this share, however changes cluster.</param>
internal sealed record FewChanges(
    int ChangedClusters,
    double EffectiveClusters,
    double DesignEffect,
    double Low,
    double High,
    double ChangedAtMost
)
{
    /// <summary>The intraclass correlation that is assumed. The embedded study shows 0.04 (MMLU, design effect 2.3 with
    /// 37 items per cluster).</summary>
    public const double Correlation = 0.05;

    /// <summary>Returns the bounds of a sample; null if enough clusters changed, or the difference is not to hold for
    /// other clusters.</summary>
    /// <param name="alpha">Two-sided level of the bounds.</param>
    public static FewChanges? Of(Sample sample, Estimand estimand, double alpha)
    {
        if (!Applies(sample, estimand))
        {
            return null;
        }

        Estimate bounds = AgainstLimits(sample, estimand).At(alpha);
        return new FewChanges(
            sample.ChangedClusters,
            sample.EffectiveChangedClusters,
            DesignEffectOf(sample.Sizes),
            bounds.Low,
            bounds.High,
            MostChanged(sample.ChangedClusters, sample.Clusters, alpha)
        );
    }

    /// <summary>Returns the estimator by which a mean is held against a limit other than 0: the usual one, unless too
    /// few clusters changed.</summary>
    public static Estimator AgainstLimits(Sample sample, Estimand estimand) =>
        new(sample, estimand, Applies(sample, estimand) ? sample.Changes.Over(DesignEffectOf(sample.Sizes)) : null);

    /// <summary>Returns the estimator of the mean over clusters, every cluster counting the same. Its effective number
    /// of items is k² / Σ (ρ + (1 - ρ) / n_g), the variance of an item over that of the mean.</summary>
    /// <param name="means">The mean difference of each cluster.</param>
    /// <param name="items">The differences of the items.</param>
    public static Estimator OfMeans(Sample means, Sample items)
    {
        if (!Applies(items, Estimand.Clusters))
        {
            return new Estimator(means, Estimand.Clusters);
        }

        double variance = 0; // of the sum of the means, an item's variance being 1
        foreach (int size in items.Sizes)
        {
            variance += Correlation + (1 - Correlation) / size;
        }

        return new Estimator(means, Estimand.Clusters, means.Changes.Over(variance / means.Items));
    }

    /// <summary>1 + ρ (Σ n_g² / n - 1): Kish (1965, "Survey Sampling", section 5.4), for clusters of different sizes
    /// Eldridge, Ashby and Kerry (2006, Int. J. Epidemiol. 35:1292).</summary>
    internal static double DesignEffectOf(ReadOnlySpan<int> sizes)
    {
        double items = 0,
            squares = 0;
        foreach (int size in sizes)
        {
            items += size;
            squares += (double)size * size;
        }

        return 1 + Correlation * (squares / items - 1);
    }

    // Clusters of one item cannot hold changes that cluster.
    private static bool Applies(Sample sample, Estimand estimand) =>
        estimand == Estimand.Clusters
        && (
            sample.ChangedClusters < Estimator.LeastClusters
            || 2 * sample.EffectiveChangedClusters < sample.EffectiveClusters
        )
        && sample.Items > sample.Clusters;

    /// <summary>The upper bound of Clopper and Pearson (1934, Biometrika 26:404).</summary>
    private static double MostChanged(int changed, int clusters, double alpha) =>
        changed == clusters ? 1 : Beta.InvCDF(changed + 1, clusters - changed, 1 - alpha / 2);
}
