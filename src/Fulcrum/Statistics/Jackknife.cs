namespace Fulcrum.Statistics;

/// <summary>The difference of a corpus measure (one number for all items together), with its jackknife
/// interval.</summary>
/// <param name="Before">The measure before.</param>
/// <param name="After">The measure after.</param>
/// <param name="Points">After minus before.</param>
/// <param name="Low">Lower bound of the 95% interval.</param>
/// <param name="High">Upper bound of the 95% interval.</param>
internal readonly record struct CorpusEstimate(
    double Before,
    double After,
    double Points,
    double Low,
    double High,
    double StandardError,
    double DegreesOfFreedom
);

/// <summary>The delete-one-cluster jackknife: an interval for corpus measures, which are not a mean over items
/// (macro-F1, bits per byte).</summary>
internal static class Jackknife
{
    /// <summary>
    /// θ is the difference over all clusters, θ_g without cluster g: variance (k - 1)/k Σ (θ_g - mean θ_g)², Student's
    /// t with k - 1 degrees of freedom (Efron and Stein 1981, Ann. Stat. 9:586). It fails for measures that are not
    /// smooth, such as medians and maxima.
    /// </summary>
    /// <param name="clusters">k, at least 2.</param>
    /// <param name="measure">Returns the measure before and after without the cluster of this number, or of all
    /// clusters if it is null.</param>
    /// <param name="bound">The largest possible difference. The interval is clipped to ± this value.</param>
    /// <exception cref="ArgumentException">Fewer than two clusters.</exception>
    public static CorpusEstimate Of(int clusters, Func<int?, (double Before, double After)> measure, double bound = 1)
    {
        int k =
            clusters < 2
                ? throw new ArgumentException("a jackknife needs at least 2 clusters", nameof(clusters))
                : clusters;
        (double before, double after) = measure(null);
        double[] without = [.. Enumerable.Range(0, k).Select(g => measure(g)).Select(m => m.After - m.Before)];
        double mean = without.Average(),
            difference = after - before;
        double error = Math.Sqrt((k - 1.0) / k * without.Sum(w => (w - mean) * (w - mean)));
        double half = error * Student.Quantile(0.025, k - 1);
        return new CorpusEstimate(
            before,
            after,
            difference,
            Math.Max(-bound, difference - half),
            Math.Min(bound, difference + half),
            error,
            k - 1
        );
    }
}
