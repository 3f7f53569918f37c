using System.Runtime.Intrinsics;
using MathNet.Numerics;

namespace Fulcrum.Statistics;

/// <summary>The level of every interval of a family at which, in 95% of studies, all of them contain their true
/// values.</summary>
/// <param name="CriticalValue">c: the 0.95 quantile of the largest ∣t∣ of the family.</param>
/// <param name="LocalLevel">α* = 2 P(t_ν > c), the two-sided level of a single interval.</param>
/// <param name="DegreesOfFreedom">ν.</param>
internal readonly record struct FamilyLevel(double CriticalValue, double LocalLevel, double DegreesOfFreedom);

/// <summary>Simultaneous intervals for several candidates on the same items (max-t; Hothorn, Bretz and Westfall 2008,
/// Biom. J. 50:346). Taken at 95% each, some interval of many would miss its value in far more than 5% of
/// studies.</summary>
internal static class MaxT
{
    private const int UsualDraws = 100_000;
    private const double Level = 0.05;

    // The critical value averages over this many quantiles of the draws. All 100,000 would need 50 times as many gamma
    // functions.
    private const int Bins = 2_000;

    // Draws whose normal numbers are in memory at a time: 16 kB for each cluster or item.
    private const int DrawsPerBlock = 2_000;

    // Pivots are square roots of values with rounding errors near 1e-16, so a smaller one means 0.
    private const double SmallestPivot = 1e-6;

    /// <summary>
    /// c is the 0.95 quantile of max_j ∣Z_j∣ / √(χ²_ν/ν) with Z ~ N(0, R). R is the correlation of the candidates'
    /// contributions: over clusters the sums S_gj / √(1 - π_g) of CR2, over items the deviations within strata
    /// (multipliers: Chernozhukov, Chetverikov and Kato 2013, Ann. Stat. 41:2786). Z is drawn; the probability over χ²
    /// is computed for each draw.
    /// </summary>
    /// <param name="candidates">The paired differences of each candidate, on the same items in the same order.</param>
    /// <param name="random">A stream for this family only.</param>
    /// <param name="draws">The number of draws of Z, at least 2,000. With 100,000 the error of c is below 0.02.</param>
    /// <exception cref="ArgumentException">No candidate, or samples of different sizes.</exception>
    public static FamilyLevel Of(
        IReadOnlyList<Sample> candidates,
        Estimand estimand,
        RandomStream random,
        int draws = UsualDraws
    )
    {
        if (candidates.Count == 0 || candidates.Any(c => c.Items != candidates[0].Items))
        {
            throw new ArgumentException(
                "a family needs at least one candidate, and all must have the same items",
                nameof(candidates)
            );
        }

        StandardError[] errors = [.. candidates.Select(c => ErrorOf(c, estimand))];
        double degrees = errors.Where(e => e.Error > 0).Select(e => e.Degrees).DefaultIfEmpty(errors[0].Degrees).Min();
        Sample[] varying = [.. candidates.Where((_, j) => errors[j].Error > 0)];
        if (degrees <= 0)
        {
            return new FamilyLevel(double.PositiveInfinity, Level / candidates.Count, degrees);
        }

        double c =
            varying.Length < 2
                ? Student.Quantile(Level / 2, degrees)
                : CriticalValue(SortedMaxima(varying, estimand, random, draws), degrees);
        return new FamilyLevel(c, varying.Length < 2 ? Level : 2 * Student.UpperTail(c, degrees), degrees);
    }

    private static StandardError ErrorOf(Sample sample, Estimand estimand) =>
        estimand == Estimand.Items ? StandardErrors.Stratified(sample) : StandardErrors.Cr2(sample);

    // Z can be drawn in two ways: by one normal number for each cluster or item, times its contributions, or by one for
    // each candidate, times the Cholesky factor of R. The one with fewer numbers is taken: of a thousand candidates the
    // factor has half a million elements.
    private static double[] SortedMaxima(
        IReadOnlyList<Sample> samples,
        Estimand estimand,
        RandomStream random,
        int draws
    )
    {
        double[][] contributions =
        [
            .. samples.Select(s => Unit(estimand == Estimand.Items ? ItemContributions(s) : ClusterContributions(s))),
        ];
        return contributions.Length > contributions[0].Length
            ? SortedMaxima(contributions, random, draws)
            : SortedMaxima(CholeskyFactor(Correlation(contributions)), random, draws);
    }

    /// <summary>Returns max_j ∣Z_j∣ of each draw in rising order, Z = F x with x standard normal.</summary>
    /// <param name="factor">F, one row per candidate. A row may end before the last number of a draw.</param>
    private static double[] SortedMaxima(double[][] factor, RandomStream random, int draws)
    {
        int length = factor.Max(row => row.Length);
        double[] largest = new double[draws];
        foreach (int[] block in Enumerable.Range(0, draws).Chunk(DrawsPerBlock))
        {
            // The numbers are drawn in order, so the result does not depend on the number of threads.
            double[][] normals =
            [
                .. block.Select(_ => Enumerable.Range(0, length).Select(_ => random.NextNormal()).ToArray()),
            ];
            Parallel.For(0, block.Length, d => largest[block[d]] = factor.Max(row => Math.Abs(Dot(row, normals[d]))));
        }

        Array.Sort(largest);
        return largest;
    }

    // The dot product of a with the beginning of b. It has four sums in a fixed order, so the result is reproducible
    // bit for bit on every machine.
    private static double Dot(double[] a, double[] b)
    {
        Vector256<double> sums = Vector256<double>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector256<double>.Count; i += Vector256<double>.Count)
        {
            sums += Vector256.LoadUnsafe(ref a[i]) * Vector256.LoadUnsafe(ref b[i]);
        }

        double sum = sums[0] + sums[1] + (sums[2] + sums[3]);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static double[] Unit(double[] vector)
    {
        double norm = Math.Sqrt(Dot(vector, vector));
        return [.. vector.Select(v => v / norm)];
    }

    private static double[,] Correlation(double[][] units)
    {
        double[,] r = new double[units.Length, units.Length];
        for (int j = 0; j < units.Length; j++)
        {
            for (int l = 0; l <= j; l++)
            {
                r[j, l] = r[l, j] = j == l ? 1 : Dot(units[j], units[l]);
            }
        }

        return r;
    }

    private static double[] ClusterContributions(Sample sample)
    {
        double[] contributions = new double[sample.Clusters];
        for (int g = 0; g < contributions.Length; g++)
        {
            double share = (double)sample.Sizes[g] / sample.Items;
            contributions[g] = (sample.Sums[g] - sample.Sizes[g] * sample.Mean) / Math.Sqrt(1 - share);
        }

        return contributions;
    }

    private static double[] ItemContributions(Sample sample)
    {
        Strata strata = new(sample);
        double[] contributions = new double[sample.Items];
        for (int i = 0; i < contributions.Length; i++)
        {
            int n = strata.Sizes[strata.Of(i)];
            contributions[i] = n < 2 ? 0 : Math.Sqrt(n / (n - 1.0)) * strata.Deviation(i);
        }

        return contributions;
    }

    /// <summary>Returns the lower Cholesky factor of R. If other candidates determine a candidate, its pivot is
    /// 0.</summary>
    private static double[][] CholeskyFactor(double[,] r)
    {
        double[][] root = [.. Enumerable.Range(0, r.GetLength(0)).Select(j => new double[j + 1])];
        for (int j = 0; j < root.Length; j++)
        {
            for (int l = 0; l <= j; l++)
            {
                double rest = r[j, l];
                for (int k = 0; k < l; k++)
                {
                    rest -= root[j][k] * root[l][k];
                }

                root[j][l] =
                    j == l ? Math.Sqrt(Math.Max(0, rest))
                    : root[l][l] < SmallestPivot ? 0
                    : rest / root[l][l];
            }
        }

        return root;
    }

    /// <summary>Solves mean over draws of P(χ²_ν/ν &lt; M²/c²) = 0.05 for c.</summary>
    private static double CriticalValue(double[] largest, double degrees)
    {
        int each = largest.Length / Bins;
        double[] middles = [.. Enumerable.Range(0, Bins).Select(b => largest[b * each + each / 2])];
        double low = 0,
            high = 2;
        while (Exceeded(middles, high, degrees) > Level)
        {
            (low, high) = (high, 2 * high);
        }

        while (high - low > 1e-9 * high)
        {
            double middle = (low + high) / 2;
            (low, high) = Exceeded(middles, middle, degrees) > Level ? (middle, high) : (low, middle);
        }

        return high;
    }

    private static double Exceeded(double[] middles, double c, double degrees) =>
        middles.Average(m => SpecialFunctions.GammaLowerRegularized(degrees / 2, degrees * m * m / (2 * c * c)));
}
