namespace Fulcrum.Statistics;

/// <summary>The mean of independent estimates.</summary>
internal static class MeanEstimate
{
    /// <summary>Its degrees of freedom are Satterthwaite's (1946, Biometrics Bull. 2:110). A single estimate stays as
    /// it is.</summary>
    /// <param name="parts">At least one, at the same level.</param>
    /// <param name="alpha">The two-sided level.</param>
    public static Difference Of(IReadOnlyList<Estimate> parts, double alpha)
    {
        double mean = parts.Average(p => p.Points),
            m = parts.Count;
        double variance = parts.Sum(p => Math.Pow(p.StandardError / m, 2));
        if (parts.Count == 1 || variance == 0)
        {
            return new Difference(mean, parts.Average(p => p.Low), parts.Average(p => p.High), Math.Sqrt(variance));
        }

        double fourth = parts
            .Where(p => p.StandardError > 0)
            .Sum(p => Math.Pow(p.StandardError / m, 4) / p.DegreesOfFreedom);
        double error = Math.Sqrt(variance),
            half = error * Student.Quantile(alpha / 2, variance * variance / fourth);
        return new Difference(mean, Math.Max(-1, mean - half), Math.Min(1, mean + half), error);
    }
}
