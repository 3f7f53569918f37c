using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>The number of items gained (incorrect before, correct after) and lost, and the exact two-sided p of
/// McNemar's test.</summary>
public readonly record struct McNemarResult(int Gained, int Lost, double P);

/// <summary>Intervals and tests for counts of items that are correct or incorrect.</summary>
internal static class Proportion
{
    private static readonly double Z95 = Normal.InvCDF(0, 1, 0.975);

    /// <summary>Returns a proportion with its 95% Wilson score interval (Wilson 1927, J. Am. Stat. Assoc.
    /// 22:209).</summary>
    public static ScoreInterval Wilson(double right, double items)
    {
        if (items == 0)
        {
            return new ScoreInterval(0, 0, 1);
        }

        double p = right / items,
            z2 = Z95 * Z95,
            n = items;
        double centre = (p + z2 / (2 * n)) / (1 + z2 / n),
            half = Z95 / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        return new ScoreInterval(p, right == 0 ? 0 : centre - half, right == items ? 1 : centre + half);
    }

    /// <summary>
    /// McNemar's exact two-sided test: without a real change, a changed item is gained or lost with equal probability
    /// (McNemar 1947, Psychometrika 12:153). p is exactly 1 if the two counts differ by at most one.
    /// </summary>
    public static McNemarResult McNemar(int gained, int lost)
    {
        double p =
            Math.Abs(gained - lost) < 2 ? 1 : Math.Min(1, 2 * Binomial.CDF(0.5, gained + lost, Math.Min(gained, lost)));
        return new McNemarResult(gained, lost, p);
    }

    /// <summary>Returns the probability that guessing gets at most this many items right.</summary>
    /// <param name="chance">The probability of guessing one item right.</param>
    public static double AtMostByChance(int right, int items, double chance) => Binomial.CDF(chance, items, right);

    /// <summary>Returns the probability that at least this many items are right.</summary>
    /// <param name="probability">The probability of one item being right; clamped to 0 to 1.</param>
    public static double AtLeastByChance(int right, int items, double probability) =>
        right <= 0 ? 1 : 1 - Binomial.CDF(Math.Clamp(probability, 0, 1), items, right - 1);

    /// <summary>Returns the p values of a family after Holm's step-down adjustment (Holm 1979, Scand. J. Stat. 6:65),
    /// in the given order.</summary>
    public static IReadOnlyList<double> Holm(IReadOnlyList<double> p)
    {
        int[] order = [.. Enumerable.Range(0, p.Count).OrderBy(i => p[i])];
        double[] adjusted = new double[p.Count];
        double largest = 0;
        for (int rank = 0; rank < order.Length; rank++)
        {
            largest = Math.Max(largest, Math.Min(1, (p.Count - rank) * p[order[rank]]));
            adjusted[order[rank]] = largest;
        }

        return adjusted;
    }

    /// <summary>
    /// The unbiased pass@k of one item, 1 - C(s - c, k) / C(s, k) (Chen et al. 2021, arXiv:2107.03374): the probability
    /// that one of k samples drawn from the s is right.
    /// </summary>
    /// <param name="samples">s, at least <paramref name="k"/>.</param>
    /// <param name="correct">c, 0 to s.</param>
    /// <param name="k">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number lies outside its range.</exception>
    public static double PassAtK(int samples, int correct, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, samples);
        double missed = 1;
        for (int i = samples - correct + 1; i <= samples; i++)
        {
            missed *= Math.Max(0, 1 - (double)k / i);
        }

        return 1 - missed;
    }
}
