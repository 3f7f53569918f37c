namespace Fulcrum.Statistics;

/// <summary>Result of the sign-flip test.</summary>
/// <param name="P">Two-sided p of the hypothesis that nothing changed.</param>
/// <param name="Exact">Whether all sign changes were enumerated. Otherwise they were drawn at random.</param>
public readonly record struct SignFlipResult(double P, bool Exact);

/// <summary>The sign-flip test for graded scores. Without a real change, the difference of a cluster and its negative
/// are equally probable.</summary>
internal static class SignFlip
{
    /// <summary>Up to this many units all sign changes are enumerated (4,096).</summary>
    public const int MostExactUnits = 12;

    /// <summary>The number of sign changes that are drawn for more units.</summary>
    public const int Draws = 100_000;

    /// <summary>
    /// The statistic is ∣Σ D_g∣ with D_g the sum of the differences of a cluster (Canay, Romano and Shaikh 2017,
    /// Econometrica 85:1013). With a single cluster the items are the units. With k units p is at least 2^(1-k).
    /// </summary>
    /// <param name="random">A stream for this test only.</param>
    public static SignFlipResult Test(Sample sample, RandomStream random)
    {
        double[] units = sample.Clusters > 1 ? sample.Sums.ToArray() : sample.Values.ToArray();
        double seen = Math.Abs(units.Sum()) - 1e-9; // equal sums may differ by rounding
        return units.Length <= MostExactUnits
            ? new SignFlipResult(ShareOfAll(units, seen), true)
            : new SignFlipResult((1.0 + HitsOfDraws([.. units.Where(u => u != 0)], seen, random)) / (1 + Draws), false);
    }

    private static double ShareOfAll(double[] units, double seen)
    {
        int hits = 0,
            all = 1 << units.Length;
        for (int signs = 0; signs < all; signs++)
        {
            double sum = 0;
            for (int g = 0; g < units.Length; g++)
            {
                sum += ((signs >> g) & 1) == 0 ? units[g] : -units[g];
            }

            hits += Math.Abs(sum) >= seen ? 1 : 0;
        }

        return (double)hits / all;
    }

    private static int HitsOfDraws(double[] units, double seen, RandomStream random)
    {
        int hits = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            ulong signs = 0;
            for (int g = 0; g < units.Length; g++)
            {
                signs = g % 64 == 0 ? random.NextBits() : signs >> 1;
                sum += (signs & 1) == 0 ? units[g] : -units[g];
            }

            hits += Math.Abs(sum) >= seen ? 1 : 0;
        }

        return hits;
    }
}
