using MathNet.Numerics.Distributions;

namespace Fulcrum.Tracing;

/// <summary>Compares two rungs text by text.</summary>
internal static class RungDifferences
{
    /// <summary>The difference of log-likelihoods per token, paired by text.</summary>
    /// <param name="before">Of the rung before, per token, one per text.</param>
    /// <param name="after">Of the rung.</param>
    public static RungDifference Of(IReadOnlyList<double> before, IReadOnlyList<double> after)
    {
        double[] differences = [.. before.Zip(after, (b, a) => a - b)];
        int n = differences.Length;
        double mean = differences.Average();
        double? half =
            n < 2
                ? null
                : StudentT.InvCDF(0, 1, n - 1, 0.975)
                    * Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / (n - 1) / n);
        return new RungDifference(mean, differences.Average(Math.Abs), mean - half, mean + half, n);
    }
}
