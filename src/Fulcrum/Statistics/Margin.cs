using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>Tests of a difference against a margin stated beforehand: is a loss small enough, is a change small
/// enough?</summary>
public static class Margin
{
    /// <summary>
    /// Non-inferiority by the one-sided test at 2.5 %, the lower half of the 95 % interval (Piaggio et al. 2012, JAMA
    /// 308:2594), and equivalence by two one-sided tests
    /// at 5 % (Schuirmann 1987, J. Pharmacokin. Biopharm. 15:657); Student's t on clusters - 1 degrees of freedom, as
    /// for the interval.
    /// </summary>
    /// <param name="margin">As a fraction, 0 or more.</param>
    /// <param name="degrees">Degrees of freedom of the difference's standard error.</param>
    public static NonInferiority Test(Difference difference, double margin, double degrees)
    {
        double below = UpperTail(difference.Points + margin, difference.StandardError, degrees),
            above = UpperTail(margin - difference.Points, difference.StandardError, degrees);
        bool shown = difference.Low > -margin;
        bool equivalent =
            difference.StandardError == 0 ? shown && difference.High < margin : Math.Max(below, above) < 0.05;
        return new NonInferiority(margin, below, shown, equivalent);
    }

    /// <summary>Probability of so large a distance, or a larger one, where there is none.</summary>
    private static double UpperTail(double distance, double error, double degrees) =>
        error > 0 ? 1 - StudentT.CDF(0, 1, Math.Max(1, degrees), distance / error)
        : distance > 0 ? 0
        : 1;
}
