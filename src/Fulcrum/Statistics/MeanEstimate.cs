namespace Fulcrum.Statistics;

/// <summary>The mean of independent estimates.</summary>
internal static class MeanEstimate
{
    /// <summary>Returns the mean with an interval by Student's t, clipped to ±1. A single estimate keeps its
    /// interval.</summary>
    /// <param name="parts">At least one estimate. All have the level <paramref name="alpha"/>.</param>
    /// <param name="alpha">The two-sided level.</param>
    public static Difference Of(IReadOnlyList<Estimate> parts, double alpha)
    {
        double mean = parts.Average(p => p.Points),
            m = parts.Count;
        StandardError error = StandardErrors.OfSum(
            parts.Select(p => (Math.Pow(p.StandardError / m, 2), p.DegreesOfFreedom))
        );
        if (parts.Count == 1 || error.Error == 0)
        {
            return new Difference(mean, parts.Average(p => p.Low), parts.Average(p => p.High), error.Error);
        }

        double half = error.Error * Student.Quantile(alpha / 2, error.Degrees);
        return new Difference(mean, Math.Max(-1, mean - half), Math.Min(1, mean + half), error.Error);
    }
}
