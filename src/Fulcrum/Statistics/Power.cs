using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>Statistical power: how large a difference must be so that a two-sided test at 5% detects it in 80% of
/// studies.</summary>
internal static class Power
{
    /// <summary>The design effect that is assumed before the run if the result is to hold for other clusters: the
    /// variance of the mean divided by the variance with independent items.</summary>
    public const double AssumedDesignEffect = 2;

    /// <summary>The wanted power. It is the usual convention (Cohen 1988, "Statistical Power Analysis for the
    /// Behavioral Sciences", p. 56).</summary>
    public const double Wanted = 0.8;

    /// <summary>Shares of items that change between before and after, for which a minimum detectable difference is
    /// shown before the run.</summary>
    public static readonly IReadOnlyList<double> Discordances = [0.05, 0.1, 0.2, 0.3];

    /// <summary>
    /// Returns the minimum detectable difference δ of a paired comparison of n items, of which a share d changes. The
    /// variance of the mean is D (d - δ²) / n with the design effect D. So δ = c √(D d / (n + D c²)) with c = t(0.975)
    /// + t(0.8) (after Connor 1987, Biometrics 43:207; Miller 2024, arXiv:2411.00640, section 5).
    /// </summary>
    /// <param name="items">n, above 0.</param>
    /// <param name="degrees">Degrees of freedom of the standard error.</param>
    /// <param name="discordance">d, 0 to 1.</param>
    /// <param name="designEffect">D.</param>
    /// <returns>δ as a fraction; null if δ would exceed d, the difference if all changed items change in one
    /// direction.</returns>
    public static double? MinimumDetectable(int items, double degrees, double discordance, double designEffect)
    {
        double c = DetectableErrors(degrees),
            points = c * Math.Sqrt(designEffect * discordance / (items + designEffect * c * c));
        return points <= discordance ? points : null;
    }

    /// <summary>Returns the minimum detectable difference in standard errors, t(0.975) + t(0.8).</summary>
    public static double DetectableErrors(double degrees) =>
        Student.Quantile(0.025, Math.Max(1, degrees)) + Student.Quantile(1 - Wanted, Math.Max(1, degrees));

    /// <summary>Returns the probability that a one-sided test at 2.5% shows the true difference to lie on its side of a
    /// limit.</summary>
    /// <param name="distance">The distance of the true difference from the limit, as a fraction.</param>
    public static double OfLimit(double distance, double standardError, double degrees) =>
        standardError <= 0
            ? 1
            : Normal.CDF(0, 1, distance / standardError - Student.Quantile(0.025, Math.Max(1, degrees)));

    /// <summary>Returns the standard error of the mean of n paired differences if a share of the items changes and
    /// gains equal losses.</summary>
    public static double ExpectedError(int items, double discordance, double designEffect) =>
        Math.Sqrt(designEffect * discordance / items);
}
