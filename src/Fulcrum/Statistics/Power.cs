using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>What a sample can detect: 80% power in a two-sided test at 5%.</summary>
internal static class Power
{
    /// <summary>Variance over that of independent items that is assumed for other clusters before anything is
    /// measured.</summary>
    public const double AssumedDesignEffect = 2;

    /// <summary>Probability with which a difference is to be found.</summary>
    public const double Wanted = 0.8;

    /// <summary>Shares of items that change between before and after, from hardly any to a lot.</summary>
    public static readonly IReadOnlyList<double> Discordances = [0.05, 0.1, 0.2, 0.3];

    /// <summary>
    /// The minimum detectable difference of a paired comparison of n items of which a share d changes: the variance of
    /// the mean is D (d - δ²) / n with the design effect D, so δ = c √(D d / (n + D c²)), c = t(0.975) + t(0.8) (Connor
    /// 1987, Biometrics
    /// 43:207; Miller 2024, arXiv:2411.00640, section 5).
    /// </summary>
    /// <param name="items">n, above 0.</param>
    /// <param name="degrees">Degrees of freedom of the standard error.</param>
    /// <param name="discordance">d, 0 to 1.</param>
    /// <param name="designEffect">D.</param>
    /// <returns>As a fraction; null where even a change of all these items in one direction cannot be
    /// detected.</returns>
    public static double? MinimumDetectable(int items, double degrees, double discordance, double designEffect)
    {
        double c = Reach(degrees),
            points = c * Math.Sqrt(designEffect * discordance / (items + designEffect * c * c));
        return points <= discordance ? points : null;
    }

    /// <summary>t(0.975) + t(0.8): the distance from the limit, in standard errors, that is found in 8 of 10
    /// studies.</summary>
    public static double Reach(double degrees) =>
        Student.Quantile(0.025, Math.Max(1, degrees)) + Student.Quantile(1 - Wanted, Math.Max(1, degrees));

    /// <summary>Probability of showing that a difference lies within a limit that is this far away.</summary>
    /// <param name="distance">Between the true difference and the limit, as a fraction.</param>
    public static double Chance(double distance, double standardError, double degrees) =>
        standardError <= 0
            ? 1
            : Normal.CDF(0, 1, distance / standardError - Student.Quantile(0.025, Math.Max(1, degrees)));

    /// <summary>Standard error of the mean of n paired differences of which a share changes, without a mean
    /// change.</summary>
    public static double ExpectedError(int items, double discordance, double designEffect) =>
        Math.Sqrt(designEffect * discordance / items);
}
