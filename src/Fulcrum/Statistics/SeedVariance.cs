using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>How much of a difference is the training's luck: the spread over training seeds beside the spread over
/// items.</summary>
public static class SeedVariance
{
    /// <summary>
    /// Two-way analysis of variance, items by seeds, both random (Searle, Casella and McCulloch 1992, Variance
    /// Components, section 4.5): the variance between seeds is
    /// (mean square of seeds - residual mean square) / items. The mean's squared standard error is that of the items'
    /// means, clustered, plus the variance of the seeds'
    /// differences over their number, with Satterthwaite's degrees of freedom (1946, Biometrics Bull. 2:110); the
    /// residual is in both, so the interval is rather too wide.
    /// </summary>
    /// <param name="seeds">A seed each, at least two: its per-item differences, the same items in the same
    /// order.</param>
    public static SeedSpread Of(
        string benchmark,
        IReadOnlyList<(int Seed, IReadOnlyList<(string Cluster, double Value)> Differences)> seeds
    )
    {
        int s = seeds.Count,
            n = seeds[0].Differences.Count;
        SeedDifference[] each =
        [
            .. seeds.Select(x => new SeedDifference(x.Seed, PairedComparison.Clustered(x.Differences))),
        ];
        (string Cluster, double Value)[] items =
        [
            .. Enumerable
                .Range(0, n)
                .Select(i => (seeds[0].Differences[i].Cluster, seeds.Average(x => x.Differences[i].Value))),
        ];
        double mean = n == 0 ? 0 : items.Average(i => i.Value);
        double seedSquare = n * each.Sum(e => Math.Pow(e.Difference.Points - mean, 2)) / Math.Max(1, s - 1);
        double residual =
            Enumerable
                .Range(0, n)
                .Sum(i =>
                    Enumerable
                        .Range(0, s)
                        .Sum(j =>
                            Math.Pow(
                                seeds[j].Differences[i].Value - items[i].Value - each[j].Difference.Points + mean,
                                2
                            )
                        )
                ) / Math.Max(1, (n - 1) * (s - 1));
        double between = n == 0 ? 0 : Math.Max(0, (seedSquare - residual) / n);
        return new SeedSpread(
            benchmark,
            Mean(items, n == 0 ? 0 : seedSquare / n / s, s),
            between,
            each.Average(e => e.Difference.StandardError * e.Difference.StandardError),
            each
        );
    }

    private static Difference Mean((string Cluster, double Value)[] items, double overSeeds, int seeds)
    {
        Difference overItems = PairedComparison.Clustered(items);
        double a = overItems.StandardError * overItems.StandardError,
            b = overSeeds,
            variance = a + b;
        if (variance == 0)
        {
            return overItems;
        }

        int clusters = items.Select(i => i.Cluster).Distinct().Count();
        double degrees =
            variance
            * variance
            / (a * a / Math.Max(1, (clusters > 1 ? clusters : items.Length) - 1) + b * b / Math.Max(1, seeds - 1));
        double error = Math.Sqrt(variance),
            half = error * StudentT.InvCDF(0, 1, Math.Max(1, degrees), 0.975);
        return new Difference(
            overItems.Points,
            Math.Max(-1, overItems.Points - half),
            Math.Min(1, overItems.Points + half),
            error
        );
    }
}
