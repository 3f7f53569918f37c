namespace Fulcrum.Statistics;

/// <summary>The strata of a sample: groups of items that each have a mean and a variance of their own.</summary>
/// <remarks>Each cluster is a stratum. A single item has no variance, so clusters of one item form one stratum
/// together. A single such cluster joins the smallest other cluster.</remarks>
internal sealed class Strata
{
    private readonly Sample sample;
    private readonly int[] ofCluster;
    private readonly double[] means;

    /// <summary>Assigns the clusters of a sample to strata.</summary>
    public Strata(Sample sample)
    {
        this.sample = sample;
        ofCluster = Assigned(sample.Sizes, out int count);
        (Sizes, means) = (new int[count], new double[count]);
        for (int g = 0; g < ofCluster.Length; g++)
        {
            Sizes[ofCluster[g]] += sample.Sizes[g];
            means[ofCluster[g]] += sample.Sums[g];
        }

        for (int h = 0; h < count; h++)
        {
            means[h] /= Sizes[h];
        }
    }

    /// <summary>Items per stratum.</summary>
    public int[] Sizes { get; }

    /// <summary>The stratum of an item.</summary>
    public int Of(int item) => ofCluster[sample.ClusterOf[item]];

    /// <summary>The value of an item minus the mean of its stratum.</summary>
    public double Deviation(int item) => sample.Values[item] - means[Of(item)];

    private static int[] Assigned(ReadOnlySpan<int> sizes, out int count)
    {
        int[] strata = new int[sizes.Length];
        int singles = 0,
            smallest = -1;
        count = 0;
        for (int g = 0; g < sizes.Length; g++)
        {
            if (sizes[g] == 1)
            {
                singles++;
                continue;
            }

            smallest = smallest < 0 || sizes[g] < sizes[smallest] ? g : smallest;
            strata[g] = count++;
        }

        bool together = singles > 1 || smallest < 0;
        int stratumOfSingles = together ? count : strata[smallest];
        for (int g = 0; g < sizes.Length; g++)
        {
            strata[g] = sizes[g] == 1 ? stratumOfSingles : strata[g];
        }

        count += together && singles > 0 ? 1 : 0;
        return strata;
    }
}
