using System.Runtime.Intrinsics;
using MathNet.Numerics;

namespace Fulcrum.Statistics;

/// <summary>The level at which every interval of a family is taken, so that all of them hold together in 95% of
/// studies.</summary>
/// <param name="CriticalValue">c: the 0.95 quantile of the largest ∣t∣ of the family.</param>
/// <param name="LocalLevel">α* = 2 P(t_ν > c), the two-sided level of a single interval.</param>
/// <param name="DegreesOfFreedom">ν.</param>
internal readonly record struct FamilyLevel(double CriticalValue, double LocalLevel, double DegreesOfFreedom);

/// <summary>Simultaneous bounds of several candidates on the same items (Hothorn, Bretz and Westfall 2008, Biom. J.
/// 50:346).</summary>
internal static class MaxT
{
    private const int UsualDraws = 100_000;
    private const int Bins = 2_000,
        DrawsTogether = 2_000;
    private const double Level = 0.05;

    /// <summary>
    /// c is the 0.95 quantile of max_j ∣Z_j∣ / √(χ²_ν/ν) with Z ~ N(0, R), R the correlation of the candidates'
    /// differences: over clusters the sums S_gj / √(1 - π_g) of CR2, over items the covariance within strata
    /// (multipliers: Chernozhukov, Chetverikov and Kato 2013, Ann. Stat. 41:2786). Z is drawn; the probability over χ²
    /// is computed for each draw.
    /// </summary>
    /// <param name="candidates">The differences of each, on the same items in the same order.</param>
    /// <param name="random">Used by this family alone.</param>
    /// <param name="draws">Draws of Z, at least 2,000: 100,000 give c within 0.02.</param>
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
                "a family is of at least one candidate, all on the same items",
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
                : CriticalValue(LargestOfDraws(varying, estimand, random, draws), degrees);
        return new FamilyLevel(c, varying.Length < 2 ? Level : 2 * Student.UpperTail(c, degrees), degrees);
    }

    private static StandardError ErrorOf(Sample sample, Estimand estimand) =>
        estimand == Estimand.Items ? StandardErrors.Stratified(sample) : StandardErrors.Cr2(sample);

    // Z is a product of the parts with normal numbers, one for each cluster or item, or of R's root with one for each
    // candidate. The shorter of the two is drawn: of a thousand candidates the root has half a million elements.
    private static double[] LargestOfDraws(
        IReadOnlyList<Sample> samples,
        Estimand estimand,
        RandomStream random,
        int draws
    )
    {
        double[][] parts = [.. samples.Select(s => estimand == Estimand.Items ? OfItems(s) : OfClusters(s))];
        return parts.Length > parts[0].Length
            ? LargestOfParts(parts, random, draws)
            : LargestOfDraws(Correlation(parts), random, draws);
    }

    private static double[] LargestOfParts(double[][] parts, RandomStream random, int draws)
    {
        double[][] unit =
        [
            .. parts.Select(p => Math.Sqrt(Product(p, p)) is var norm ? p.Select(v => v / norm).ToArray() : p),
        ];
        return Largest(parts[0].Length, random, draws, normal => unit.Max(u => Math.Abs(VectorProduct(u, normal))));
    }

    /// <summary>The largest value of each draw, in rising order.</summary>
    /// <param name="length">Normal numbers of a draw.</param>
    private static double[] Largest(int length, RandomStream random, int draws, Func<double[], double> of)
    {
        double[] largest = new double[draws];
        foreach (int[] block in Enumerable.Range(0, draws).Chunk(DrawsTogether))
        {
            // The numbers are drawn in order, so the result does not depend on the number of threads.
            double[][] normals =
            [
                .. block.Select(_ => Enumerable.Range(0, length).Select(_ => random.NextNormal()).ToArray()),
            ];
            Parallel.For(0, block.Length, d => largest[block[d]] = of(normals[d]));
        }

        Array.Sort(largest);
        return largest;
    }

    // Four sums in a fixed order: the same bits on every machine.
    private static double VectorProduct(double[] a, double[] b)
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

    private static double[,] Correlation(double[][] parts)
    {
        double[,] r = new double[parts.Length, parts.Length];
        double[] norms = [.. parts.Select(p => Math.Sqrt(Product(p, p)))];
        for (int j = 0; j < parts.Length; j++)
        {
            for (int l = 0; l <= j; l++)
            {
                r[j, l] = r[l, j] = j == l ? 1 : Product(parts[j], parts[l]) / norms[j] / norms[l];
            }
        }

        return r;
    }

    private static double[] OfClusters(Sample sample)
    {
        double[] parts = new double[sample.Clusters];
        for (int g = 0; g < parts.Length; g++)
        {
            double share = (double)sample.Sizes[g] / sample.Items;
            parts[g] = (sample.Sums[g] - sample.Sizes[g] * sample.Mean) / Math.Sqrt(1 - share);
        }

        return parts;
    }

    private static double[] OfItems(Sample sample)
    {
        int[] stratumOf = StandardErrors.Strata(sample, out int strata),
            sizes = new int[strata];
        double[] means = new double[strata],
            parts = new double[sample.Items];
        for (int g = 0; g < stratumOf.Length; g++)
        {
            sizes[stratumOf[g]] += sample.Sizes[g];
            means[stratumOf[g]] += sample.Sums[g];
        }

        for (int i = 0; i < parts.Length; i++)
        {
            int h = stratumOf[sample.ClusterOf[i]];
            double factor = sizes[h] < 2 ? 0 : Math.Sqrt(sizes[h] / (sizes[h] - 1.0));
            parts[i] = factor * (sample.Values[i] - means[h] / sizes[h]);
        }

        return parts;
    }

    private static double Product(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>max_j ∣Z_j∣ of each draw, in rising order.</summary>
    private static double[] LargestOfDraws(double[,] correlation, RandomStream random, int draws)
    {
        double[][] root = Root(correlation);
        return Largest(
            root.Length,
            random,
            draws,
            normal =>
            {
                double largest = 0;
                foreach (double[] row in root)
                {
                    double z = 0;
                    for (int l = 0; l < row.Length; l++)
                    {
                        z += row[l] * normal[l];
                    }

                    largest = Math.Max(largest, Math.Abs(z));
                }

                return largest;
            }
        );
    }

    /// <summary>The Cholesky factor; a candidate that others determine has no part of its own.</summary>
    private static double[][] Root(double[,] r)
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
                    : root[l][l] < 1e-6 ? 0
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
