namespace Fulcrum.Statistics;

/// <summary>One value per item (a paired difference or a score) with the cluster of each item. Items of a cluster, such
/// as the questions on one database, are not independent of each other.</summary>
internal sealed class Sample
{
    // Means that differ by less are equal up to rounding.
    private const double Tie = 1e-12;

    // The mean of fewer items is the lowest too easily by chance.
    private const int LeastItemsOfWorstCluster = 5;

    private readonly double[] values;
    private readonly int[] clusterOf;
    private readonly string[] names;
    private readonly int[] sizes;
    private readonly double[] sums;

    private Sample(double[] values, IReadOnlyList<string> clusters, double lowest, double highest, Flips? flips)
    {
        this.values = values;
        (Lowest, Highest, Flips) = (lowest, highest, flips);
        names = [.. clusters.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Dictionary<string, int> index = new(StringComparer.Ordinal);
        for (int g = 0; g < names.Length; g++)
        {
            index[names[g]] = g;
        }

        clusterOf = [.. clusters.Select(c => index[c])];
        (sizes, sums) = (new int[names.Length], new double[names.Length]);
        int[] changed = new int[names.Length];
        for (int i = 0; i < values.Length; i++)
        {
            sizes[clusterOf[i]]++;
            sums[clusterOf[i]] += values[i];
            changed[clusterOf[i]] += values[i] != 0 ? 1 : 0;
        }

        Changes = new Counts(values.Length, values.Sum(v => Math.Max(0, v)), values.Sum(v => Math.Max(0, -v)));
        ChangedClusters = changed.Count(c => c > 0);
        EffectiveChangedClusters = Effective(changed);
        Mean = values.Length == 0 ? 0 : sums.Sum() / values.Length;
    }

    /// <summary>Paired differences, after minus before. If every score is 0 or 1, <see cref="Flips"/> is set.</summary>
    public static Sample OfPairs(IReadOnlyList<(string Cluster, double Before, double After)> pairs)
    {
        bool binary = pairs.All(p => p.Before is 0 or 1 && p.After is 0 or 1);
        Flips? flips = !binary
            ? null
            : new Flips(pairs.Count, pairs.Count(p => p.After > p.Before), pairs.Count(p => p.After < p.Before));
        return new Sample([.. pairs.Select(p => p.After - p.Before)], [.. pairs.Select(p => p.Cluster)], -1, 1, flips);
    }

    /// <summary>Differences of graded scores, each from -1 to 1.</summary>
    public static Sample OfDifferences(IReadOnlyList<(string Cluster, double Value)> differences) =>
        new([.. differences.Select(d => d.Value)], [.. differences.Select(d => d.Cluster)], -1, 1, null);

    /// <summary>The mean of each item over several samples of differences, of the same items in the same
    /// order.</summary>
    public static Sample MeanOf(IReadOnlyList<Sample> samples) =>
        new(
            [.. samples[0].values.Select((_, i) => samples.Average(s => s.values[i]))],
            [.. samples[0].clusterOf.Select(g => samples[0].names[g])],
            -1,
            1,
            null
        );

    /// <summary>Scores, each from 0 to 1.</summary>
    public static Sample OfScores(IReadOnlyList<(string Cluster, double Value)> scores) =>
        new([.. scores.Select(d => d.Value)], [.. scores.Select(d => d.Cluster)], 0, 1, null);

    /// <summary>Values without bounds, such as seconds.</summary>
    public static Sample OfMeasures(IReadOnlyList<(string Cluster, double Value)> values) =>
        new(
            [.. values.Select(d => d.Value)],
            [.. values.Select(d => d.Cluster)],
            double.NegativeInfinity,
            double.PositiveInfinity,
            null
        );

    /// <summary>Number of items.</summary>
    public int Items => values.Length;

    /// <summary>Number of clusters.</summary>
    public int Clusters => names.Length;

    /// <summary>The mean value; 0 without items.</summary>
    public double Mean { get; }

    /// <summary>The smallest possible value: -1 for differences, 0 for scores.</summary>
    public double Lowest { get; }

    /// <summary>The largest possible value.</summary>
    public double Highest { get; }

    /// <summary>Items gained and lost; null unless the values are differences of scores that are all 0 or 1.</summary>
    public Flips? Flips { get; }

    /// <summary>Items, and the sums of the rises and of the falls. Of scores of 0 and 1 these are the counts of
    /// <see cref="Flips"/>.</summary>
    public Counts Changes { get; }

    /// <summary>Number of clusters with an item whose value is not 0.</summary>
    public int ChangedClusters { get; }

    /// <summary>The number of clusters that would hold the changed items if each held as many: (Σ c_g)² / Σ c_g² of the
    /// counts c_g. It is small if few clusters hold most of the changes; 0 without a change.</summary>
    public double EffectiveChangedClusters { get; }

    /// <summary>The same of all items: (Σ n_g)² / Σ n_g². It is the number of clusters if all have the same
    /// size.</summary>
    public double EffectiveClusters => Effective(sizes);

    /// <summary>One value per item.</summary>
    internal ReadOnlySpan<double> Values => values;

    /// <summary>The cluster of each item, as an index into the names of the clusters in ordinal order.</summary>
    internal ReadOnlySpan<int> ClusterOf => clusterOf;

    /// <summary>Items per cluster.</summary>
    internal ReadOnlySpan<int> Sizes => sizes;

    /// <summary>Sum of the values per cluster.</summary>
    internal ReadOnlySpan<double> Sums => sums;

    /// <summary>Items per cluster, by name.</summary>
    public IReadOnlyDictionary<string, int> ItemsOfClusters =>
        names.Select((n, g) => (n, g)).ToDictionary(x => x.n, x => sizes[x.g], StringComparer.Ordinal);

    /// <summary>
    /// Returns the cluster with the lowest mean among those with at least 5 items, or among all if none has 5. Among
    /// equal means the largest cluster counts, then the first name. It was selected for its mean, so this is a
    /// description and not a test.
    /// </summary>
    /// <returns>Null without items.</returns>
    public WorstCluster? WorstCluster()
    {
        int least = sizes.Any(s => s >= LeastItemsOfWorstCluster) ? LeastItemsOfWorstCluster : 1;
        int worst = -1;
        for (int g = 0; g < names.Length; g++)
        {
            if (sizes[g] >= least && (worst < 0 || IsWorse(g, worst)))
            {
                worst = g;
            }
        }

        return worst < 0 ? null : new WorstCluster(names[worst], sums[worst] / sizes[worst], sizes[worst]);
    }

    private static double Effective(int[] counts)
    {
        double sum = counts.Sum(c => (double)c);
        return sum == 0 ? 0 : sum * sum / counts.Sum(c => (double)c * c);
    }

    private bool IsWorse(int cluster, int than)
    {
        double distance = sums[cluster] / sizes[cluster] - sums[than] / sizes[than];
        return distance < -Tie || (distance <= Tie && sizes[cluster] > sizes[than]);
    }
}

/// <summary>The cluster with the lowest mean difference.</summary>
/// <param name="Cluster">Its name.</param>
/// <param name="Points">Its mean difference, as a fraction.</param>
/// <param name="Items">Its items.</param>
public readonly record struct WorstCluster(string Cluster, double Points, int Items);

/// <summary>How many items changed between correct and incorrect.</summary>
/// <param name="Items">The number of items, changed or not.</param>
/// <param name="Gained">Items that are incorrect before and correct after.</param>
/// <param name="Lost">Items that are correct before and incorrect after.</param>
internal readonly record struct Flips(int Items, int Gained, int Lost);

/// <summary>Items gained and lost, as far as they count as independent of each other. They need not be whole
/// numbers.</summary>
/// <param name="Items">The number of items, changed or not.</param>
/// <param name="Gained">Of graded scores the sum of all rises: a rise of 0.5 counts half.</param>
/// <param name="Lost">Likewise, of all falls.</param>
internal readonly record struct Counts(double Items, double Gained, double Lost)
{
    /// <summary>The counts of the effective sample: a design effect of 2 halves them.</summary>
    public Counts Over(double designEffect) => new(Items / designEffect, Gained / designEffect, Lost / designEffect);
}
