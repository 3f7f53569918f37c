namespace Fulcrum.Statistics;

/// <summary>The bootstrap over clusters: a second interval for a paired difference, which assumes no shape of its
/// distribution.</summary>
public static class ClusterBootstrap
{
    /// <summary>Draws of one interval.</summary>
    public const int Draws = 2000;

    /// <summary>
    /// The mean difference with the bootstrap-t interval of resampled clusters (Cameron, Gelbach and Miller 2008, Rev.
    /// Econ. Stat. 90:414, section III.B): every
    /// draw's distance from the mean is divided by the draw's own standard error, which the plain percentile interval,
    /// too short with 20 clusters, leaves out.
    /// </summary>
    /// <param name="differences">An item each.</param>
    /// <param name="random">Of this interval alone.</param>
    public static Difference Of(IReadOnlyList<(string Cluster, double Value)> differences, RandomStream random)
    {
        Difference whole = PairedComparison.Clustered(differences);
        (double Sum, int Count)[] clusters = ClustersOf(differences);
        if (clusters.Length < 2 || whole.StandardError == 0)
        {
            return whole;
        }

        double[] means = new double[Draws],
            distances = new double[Draws];
        (double Sum, int Count)[] drawn = new (double, int)[clusters.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            for (int i = 0; i < drawn.Length; i++)
            {
                drawn[i] = clusters[random.NextInt(clusters.Length)];
            }

            (means[draw], double error) = MeanAndError(drawn);
            double distance = means[draw] - whole.Points;
            distances[draw] =
                distance == 0 ? 0
                : error == 0 ? Math.Sign(distance) * double.PositiveInfinity
                : distance / error;
        }

        Array.Sort(distances);
        double centre = means.Average(),
            spread = Math.Sqrt(means.Sum(m => (m - centre) * (m - centre)) / (Draws - 1));
        return new Difference(
            whole.Points,
            Math.Max(-1, whole.Points - Quantile(distances, 0.975) * whole.StandardError),
            Math.Min(1, whole.Points - Quantile(distances, 0.025) * whole.StandardError),
            spread
        );
    }

    /// <summary>Sums and counts of the clusters, in the order of their first item; with one cluster every item counts
    /// as its own.</summary>
    private static (double Sum, int Count)[] ClustersOf(IReadOnlyList<(string Cluster, double Value)> differences)
    {
        (double, int)[] clusters =
        [
            .. differences.GroupBy(d => d.Cluster).Select(g => (g.Sum(d => d.Value), g.Count())),
        ];
        return clusters.Length > 1 ? clusters : [.. differences.Select(d => (d.Value, 1))];
    }

    private static (double Mean, double Error) MeanAndError((double Sum, int Count)[] clusters)
    {
        double sum = 0,
            squares = 0;
        int items = 0,
            k = clusters.Length;
        foreach ((double s, int count) in clusters)
        {
            sum += s;
            items += count;
        }

        double mean = sum / items;
        foreach ((double s, int count) in clusters)
        {
            squares += (s - mean * count) * (s - mean * count);
        }

        return (mean, Math.Sqrt(squares * k / (k - 1)) / items);
    }

    private static double Quantile(double[] sorted, double at) =>
        sorted[Math.Clamp((int)Math.Ceiling(at * sorted.Length) - 1, 0, sorted.Length - 1)];
}
