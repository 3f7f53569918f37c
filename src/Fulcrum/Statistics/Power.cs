using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>What a sample can see: the smallest difference that a paired design finds in 8 of 10 studies (two-sided 5
/// %).</summary>
public static class Power
{
    /// <summary>Shares of items that change between before and after, from hardly any to a lot.</summary>
    public static readonly IReadOnlyList<double> Discordances = [0.05, 0.1, 0.2, 0.3];

    /// <summary>
    /// The smallest detectable difference of a paired comparison of n items of which a share d changes: a per-item
    /// difference has variance d - δ², so
    /// δ = c √((d - δ²) / n) gives δ = c √(d / (n + c²)) with c = t(0.975) + t(0.8) (Connor 1987, Biometrics 43:207;
    /// Miller 2024, arXiv:2411.00640, section 5).
    /// </summary>
    /// <param name="items">n, above 0.</param>
    /// <param name="clusters">Degrees of freedom are clusters - 1, as for the interval; with one cluster items -
    /// 1.</param>
    /// <param name="discordance">d, 0 to 1.</param>
    /// <returns>As a fraction; above <paramref name="discordance"/> it says that the sample sees nothing where so few
    /// items change.</returns>
    public static double SmallestEffect(int items, int clusters, double discordance)
    {
        double c = Reach(items, clusters);
        return c * Math.Sqrt(discordance / (items + c * c));
    }

    /// <summary>Before the run, for a range of discordances.</summary>
    /// <param name="looking">In points: what the study wants to see; null: nothing stated.</param>
    public static BenchmarkPower Before(string benchmark, int items, int clusters, double? looking = null)
    {
        DetectableEffect[] effects =
        [
            .. Discordances.Select(d => new DetectableEffect(d, SmallestEffect(items, clusters, d))),
        ];
        return new BenchmarkPower(
            benchmark,
            items,
            clusters,
            effects,
            Looking: looking,
            Sees: looking is null || SmallestEffect(items, clusters, 0.1) * 100 <= looking
        );
    }

    /// <summary>After the run: the same at the discordance that was seen, with the standard error that was
    /// seen.</summary>
    public static BenchmarkPower After(BenchmarkComparison seen, double? looking = null)
    {
        double discordance = seen.Items == 0 ? 0 : (double)(seen.Mcnemar.Gained + seen.Mcnemar.Lost) / seen.Items;
        double independent =
            seen.Items < 2 ? 0 : (discordance - seen.Difference.Points * seen.Difference.Points) / (seen.Items - 1);
        return Before(seen.Benchmark, seen.Items, seen.Clusters, looking) with
        {
            Observed = new DetectableEffect(
                discordance,
                Reach(seen.Items, seen.Clusters) * seen.Difference.StandardError
            ),
            DesignEffect =
                independent > 0 ? seen.Difference.StandardError * seen.Difference.StandardError / independent : null,
        };
    }

    private static double Reach(int items, int clusters)
    {
        double degrees = Math.Max(1, (clusters > 1 ? clusters : items) - 1);
        return StudentT.InvCDF(0, 1, degrees, 0.975) + StudentT.InvCDF(0, 1, degrees, 0.8);
    }
}
