using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>Tails and quantiles of Student's t and of the normal distribution. They are accurate far out in the tail,
/// where the levels of early looks and of large families lie.</summary>
internal static class Student
{
    private const int MostSteps = 200;
    private const double Exact = 1e-13;

    /// <summary>Returns the probability of a value above <paramref name="t"/>.</summary>
    /// <param name="degrees">Degrees of freedom, above 0.</param>
    public static double UpperTail(double t, double degrees)
    {
        if (double.IsInfinity(t))
        {
            return t > 0 ? 0 : 1;
        }

        double tail = SpecialFunctions.BetaRegularized(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
        return t >= 0 ? tail : 1 - tail;
    }

    /// <summary>Returns the value that Student's t exceeds with this probability (Newton's method within a
    /// bracket).</summary>
    /// <param name="tail">Above 0 and at most 0.5.</param>
    public static double Quantile(double tail, double degrees)
    {
        double low = 0,
            high = Math.Max(1, NormalQuantile(tail));
        while (UpperTail(high, degrees) > tail)
        {
            (low, high) = (high, 2 * high);
        }

        double t = high;
        for (int i = 0; i < MostSteps && high - low > Exact * high; i++)
        {
            double reached = UpperTail(t, degrees),
                step = (reached - tail) / StudentT.PDF(0, 1, degrees, t);
            if (Math.Abs(step) < Exact * t)
            {
                return t + step;
            }

            (low, high) = reached > tail ? (t, high) : (low, t);
            t = t + step > low && t + step < high ? t + step : (low + high) / 2;
        }

        return t;
    }

    /// <summary>Returns the value that a standard normal variable exceeds with this probability.</summary>
    public static double NormalQuantile(double tail) => -Normal.InvCDF(0, 1, tail);

    /// <summary>Returns the probability that a standard normal variable is at least as far from 0 as
    /// <paramref name="z"/>.</summary>
    public static double NormalTwoSided(double z) => 2 * Normal.CDF(0, 1, -Math.Abs(z));
}
