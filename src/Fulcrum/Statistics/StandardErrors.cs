namespace Fulcrum.Statistics;

/// <summary>A standard error of a mean with its degrees of freedom.</summary>
/// <param name="Error">0 where no value differs from another.</param>
/// <param name="Degrees">0 where there is a single item.</param>
internal readonly record struct StandardError(double Error, double Degrees);

/// <summary>Standard errors of a sample's mean, each for what it generalises to.</summary>
internal static class StandardErrors
{
    private const double Nothing = 1e-12;

    /// <summary>
    /// Within strata: V = Σ (n_h/n)² s_h²/n_h with the degrees of freedom of Welch (1947, Biometrika 34:28) and
    /// Satterthwaite (1946, Biometrics Bull. 2:110). Strata are the clusters; clusters of one item form one stratum
    /// together, and a single such cluster joins the smallest other one.
    /// </summary>
    public static StandardError Stratified(Sample sample)
    {
        double variance = 0,
            fourth = 0;
        int[] stratumOf = Strata(sample, out int strata);
        (int[] sizes, double[] spread) = Spread(sample, stratumOf, strata);
        for (int h = 0; h < strata; h++)
        {
            double part = sizes[h] < 2 ? 0 : sizes[h] * spread[h] / (sizes[h] - 1) / sample.Items / sample.Items;
            variance += part;
            fourth += part == 0 ? 0 : part * part / (sizes[h] - 1);
        }

        double error = Math.Sqrt(variance);
        return error < Nothing
            ? new StandardError(0, sample.Items - strata)
            : new StandardError(error, variance * variance / fourth);
    }

    /// <summary>
    /// Over clusters, CR2 (Bell and McCaffrey 2002, Survey Methodology 28:169), which for a mean is V = Σ S_g² / (1 -
    /// π_g) / n², with Satterthwaite's degrees of freedom under equal, independent item variances (Pustejovsky and
    /// Tipton 2018, JBES 36:672).
    /// </summary>
    /// <exception cref="ArgumentException">There are fewer than two clusters.</exception>
    public static StandardError Cr2(Sample sample)
    {
        if (sample.Clusters < 2)
        {
            throw new ArgumentException("CR2 needs at least 2 clusters", nameof(sample));
        }

        double variance = 0;
        for (int g = 0; g < sample.Clusters; g++)
        {
            double sum = sample.Sums[g] - sample.Sizes[g] * sample.Mean;
            variance += sum * sum / (1 - (double)sample.Sizes[g] / sample.Items);
        }

        return new StandardError(Clean(Math.Sqrt(variance) / sample.Items), Cr2Degrees(sample.Sizes));
    }

    /// <summary>Satterthwaite's degrees of freedom of CR2: ν = 1 / (Σ π_g² + (Σ q_g)² - Σ q_g²), q_g = π_g² / (1 -
    /// π_g).</summary>
    /// <param name="sizes">Items per cluster, at least two clusters.</param>
    public static double Cr2Degrees(ReadOnlySpan<int> sizes)
    {
        double items = 0,
            squares = 0,
            q = 0,
            qSquares = 0;
        foreach (int size in sizes)
        {
            items += size;
        }

        foreach (int size in sizes)
        {
            double share = size / items,
                of = share * share / (1 - share);
            squares += share * share;
            q += of;
            qSquares += of * of;
        }

        return 1 / (squares + q * q - qSquares);
    }

    /// <summary>Over items, each independent of the others: √(Σ (d_i - d)² / (n (n - 1))) with n - 1 degrees of
    /// freedom.</summary>
    public static StandardError Items(Sample sample)
    {
        int n = sample.Items;
        double squares = 0;
        foreach (double value in sample.Values)
        {
            squares += (value - sample.Mean) * (value - sample.Mean);
        }

        return new StandardError(n < 2 ? 0 : Clean(Math.Sqrt(squares / n / (n - 1))), Math.Max(0, n - 1));
    }

    /// <summary>The stratum of each cluster.</summary>
    internal static int[] Strata(Sample sample, out int strata)
    {
        int[] stratumOf = new int[sample.Clusters];
        int single = 0,
            lastSingle = -1,
            smallest = -1;
        strata = 0;
        for (int g = 0; g < stratumOf.Length; g++)
        {
            if (sample.Sizes[g] == 1)
            {
                (single, lastSingle) = (single + 1, g);
                continue;
            }

            smallest = smallest < 0 || sample.Sizes[g] < sample.Sizes[smallest] ? g : smallest;
            stratumOf[g] = strata++;
        }

        bool pooled = single > 1 || smallest < 0;
        for (int g = 0; g < stratumOf.Length && lastSingle >= 0; g++)
        {
            stratumOf[g] =
                sample.Sizes[g] > 1 ? stratumOf[g]
                : pooled ? strata
                : stratumOf[smallest];
        }

        strata += pooled && lastSingle >= 0 ? 1 : 0;
        return stratumOf;
    }

    /// <summary>Items and sum of squares around the mean, per stratum.</summary>
    private static (int[] Sizes, double[] Squares) Spread(Sample sample, int[] stratumOf, int strata)
    {
        int[] sizes = new int[strata];
        double[] means = new double[strata],
            squares = new double[strata];
        for (int g = 0; g < stratumOf.Length; g++)
        {
            sizes[stratumOf[g]] += sample.Sizes[g];
            means[stratumOf[g]] += sample.Sums[g];
        }

        for (int i = 0; i < sample.Items; i++)
        {
            int h = stratumOf[sample.ClusterOf[i]];
            double distance = sample.Values[i] - means[h] / sizes[h];
            squares[h] += distance * distance;
        }

        return (sizes, squares);
    }

    private static double Clean(double error) => error < Nothing ? 0 : error;
}
