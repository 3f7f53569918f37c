namespace Fulcrum.Statistics;

/// <summary>A standard error of a mean with its degrees of freedom.</summary>
/// <param name="Error">0 if all values are equal.</param>
/// <param name="Degrees">0 for a single item.</param>
internal readonly record struct StandardError(double Error, double Degrees);

/// <summary>Standard errors of the mean of a sample. They differ in the population that they generalise to.</summary>
internal static class StandardErrors
{
    // A smaller standard error of values around 1 is rounding: all values are equal.
    private const double Nothing = 1e-12;

    /// <summary>
    /// Within strata: V = Σ (n_h/n)² s_h²/n_h with the degrees of freedom of Welch (1947, Biometrika 34:28) and
    /// Satterthwaite (1946, Biometrics Bull. 2:110).
    /// </summary>
    public static StandardError Stratified(Sample sample)
    {
        Strata strata = new(sample);
        double[] squares = new double[strata.Sizes.Length];
        for (int i = 0; i < sample.Items; i++)
        {
            double deviation = strata.Deviation(i);
            squares[strata.Of(i)] += deviation * deviation;
        }

        StandardError error = OfSum(
            strata.Sizes.Zip(squares, (n, s) => (n < 2 ? 0 : n * s / (n - 1) / sample.Items / sample.Items, n - 1.0))
        );
        return error.Error < Nothing ? new StandardError(0, sample.Items - strata.Sizes.Length) : error;
    }

    /// <summary>Returns the standard error of a sum of independent estimates. Variances add; the degrees of freedom are
    /// V² / Σ v²/ν (Satterthwaite 1946, Biometrics Bull. 2:110).</summary>
    /// <param name="parts">Variance v and degrees of freedom ν of each. A part without variance has no effect; one that
    /// is not a number makes the sum none.</param>
    public static StandardError OfSum(IEnumerable<(double Variance, double Degrees)> parts)
    {
        double variance = 0,
            fourth = 0;
        foreach ((double v, double degrees) in parts.Where(p => p.Variance != 0))
        {
            variance += v;
            fourth += v * v / degrees;
        }

        return variance == 0
            ? new StandardError(0, 0)
            : new StandardError(Math.Sqrt(variance), variance * variance / fourth);
    }

    /// <summary>
    /// Over clusters, the cluster-robust variance CR2 (Bell and McCaffrey 2002, Survey Methodology 28:169), which for a
    /// mean is V = Σ S_g² / (1 - π_g) / n², with Satterthwaite's degrees of freedom under equal, independent item
    /// variances (Pustejovsky and Tipton 2018, JBES 36:672).
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

    /// <summary>Over independent items: √(Σ (d_i - d)² / (n (n - 1))) with n - 1 degrees of
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

    private static double Clean(double error) => error < Nothing ? 0 : error;
}
