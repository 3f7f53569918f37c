using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>The items between two looks.</summary>
/// <param name="From">Share of the items evaluated at the look before; 0: the beginning.</param>
/// <param name="To">Share of the items evaluated at this look.</param>
internal readonly record struct Step(double From, double To)
{
    /// <summary>The standard deviation of the path's increment: a Brownian path gains the variance δ in a step of the
    /// share δ.</summary>
    public double Deviation => Math.Sqrt(To - From);

    /// <summary>√t: the statistic times this is the path, whose standard deviation it is without stopping.</summary>
    public double Root => Math.Sqrt(To);
}

/// <summary>
/// The density f of the path (statistic times √t) at a look, of tests that have not stopped before. From look to look
/// f_j(x) = ∫ f_{j-1}(u) φ((x - u)/√δ)/√δ du up to the boundary of look j - 1, δ the share between the looks
/// (Armitage, McPherson and Rowe 1969, J. R. Stat. Soc. A 132:235).
/// </summary>
/// <remarks>The integral is a sum over the points of Simpson's rule. At the start all paths are at 0: one point of
/// weight 1.</remarks>
internal sealed class PathDensity
{
    // Beyond ±9 standard deviations the density has a mass of 1e-19, less than a double resolves.
    private const double LargestZ = 9;

    // Intervals of Simpson's rule. Eight points per standard deviation of the shorter step are enough for the
    // boundaries of published tables; the bounds keep the work of extreme plans small.
    private const double PointsPerDeviation = 8;
    private const int LeastIntervals = 600;
    private const int MostIntervals = 6_000;

    // exp(-40) is below the resolution of a sum of doubles.
    private const double FarthestSquared = 80;

    /// <summary>All paths at 0.</summary>
    public static readonly PathDensity AtStart = new([0], [1]);

    private readonly double[] points;

    // The weight of each point in the integral times the density there, so that an integral is a sum.
    private readonly double[] masses;

    private PathDensity(double[] points, double[] masses) => (this.points, this.masses) = (points, masses);

    /// <summary>The density at the next look.</summary>
    /// <param name="step">The step to that look.</param>
    /// <param name="boundary">The boundary of that look, as a value of the statistic. Paths above it stop
    /// there.</param>
    /// <param name="next">The step after it, as a share. A shorter step needs points that lie closer together.</param>
    public PathDensity After(Step step, double boundary, double next)
    {
        double low = -LargestZ * step.Root,
            high = Math.Min(boundary, LargestZ) * step.Root;
        int intervals = Intervals(high - low, Math.Min(step.Deviation, Math.Sqrt(next)));
        double width = (high - low) / intervals;
        double[] at = new double[intervals + 1],
            mass = new double[intervals + 1];
        for (int i = 0; i <= intervals; i++)
        {
            at[i] = low + i * width;
            mass[i] = SimpsonWeight(i, intervals) * width / 3 * Density(at[i], step.Deviation);
        }

        return new PathDensity(at, mass);
    }

    /// <summary>Probability of being at or above <paramref name="bound"/> after a step.</summary>
    public double ProbabilityAbove(double bound, Step step)
    {
        double sum = 0;
        for (int i = 0; i < points.Length; i++)
        {
            sum += masses[i] * Normal.CDF(0, 1, (points[i] - bound) / step.Deviation);
        }

        return sum;
    }

    /// <summary>The density at <paramref name="x"/> after a step with this standard deviation.</summary>
    private double Density(double x, double deviation)
    {
        double sum = 0;
        for (int i = 0; i < points.Length; i++)
        {
            double distance = (x - points[i]) / deviation,
                squared = distance * distance;
            sum += squared > FarthestSquared ? 0 : masses[i] * Math.Exp(-squared / 2);
        }

        return sum / deviation / Math.Sqrt(2 * Math.PI);
    }

    /// <summary>An even number of intervals, as Simpson's rule needs.</summary>
    private static int Intervals(double length, double deviation)
    {
        int pairs = (int)Math.Ceiling(length * PointsPerDeviation / deviation / 2);
        return 2 * Math.Clamp(pairs, LeastIntervals / 2, MostIntervals / 2);
    }

    /// <summary>1, 4, 2, 4, …, 2, 4, 1.</summary>
    private static int SimpsonWeight(int point, int intervals) =>
        point == 0 || point == intervals ? 1
        : point % 2 == 1 ? 4
        : 2;
}
