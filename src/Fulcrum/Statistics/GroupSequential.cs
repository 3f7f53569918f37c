using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>Computes the boundaries of a group-sequential test: the value that the statistic must exceed at each look
/// to stop the test.</summary>
/// <remarks>
/// Looking several times at growing data would give too many false findings at the usual 1.96. So the error probability
/// is divided among the looks: up to the share t of the items 0.025 t² is spent on each side (Lan and DeMets 1983,
/// Biometrika 70:659). The statistic times √t is a Brownian path, and the density of the paths that have not yet
/// stopped is carried from look to look. Boundaries come from the recursion of Armitage, McPherson and Rowe (1969, J.
/// R. Stat. Soc. A 132:235).
/// </remarks>
internal static class GroupSequential
{
    /// <summary>One-sided error probability of all looks together.</summary>
    public const double Error = 0.025;

    // Beyond ±9 standard deviations the density has a mass of 1e-19, less than a double resolves.
    private const double LargestZ = 9;

    // Intervals of Simpson's rule. Eight points per standard deviation of the shorter step are enough for the
    // boundaries of published tables; the bounds keep the work of extreme plans small.
    private const int LeastSteps = 600;
    private const int MostSteps = 6_000;

    /// <summary>One-sided error probability that is spent up to a share of the items.</summary>
    /// <param name="error">One-sided error probability of all looks together.</param>
    public static double Spent(double share, double error = Error) => error * share * share;

    /// <summary>The boundary of each look, as a value of the standardised statistic.</summary>
    /// <param name="shares">The share of the items that is evaluated at each look, strictly rising, above 0 and at most
    /// 1.</param>
    /// <param name="error">One-sided error probability of all looks together.</param>
    /// <exception cref="ArgumentException">The shares do not rise, or lie outside 0 to 1.</exception>
    public static IReadOnlyList<double> Boundaries(IReadOnlyList<double> shares, double error = Error)
    {
        for (int j = 0; j < shares.Count; j++)
        {
            if (!(shares[j] > (j == 0 ? 0 : shares[j - 1]) && shares[j] <= 1))
            {
                throw new ArgumentException("shares must increase, be above 0 and at most 1", nameof(shares));
            }
        }

        List<double> boundaries = [];
        Density? density = null;
        for (int j = 0; j < shares.Count; j++)
        {
            double from = j == 0 ? 0 : shares[j - 1];
            double z = Boundary(
                density,
                shares[j] - from,
                Math.Sqrt(shares[j]),
                Spent(shares[j], error) - Spent(from, error)
            );
            boundaries.Add(z);
            double next = j + 1 < shares.Count ? shares[j + 1] - shares[j] : 1;
            density = Density.After(density, shares[j] - from, shares[j], z, next);
        }

        return boundaries;
    }

    private static double Boundary(Density? density, double step, double root, double error)
    {
        double low = 0,
            high = 40; // the tail beyond 38 is 0 in double precision
        while (high - low > 1e-11)
        {
            double middle = (low + high) / 2;
            double passed = density is null
                ? Normal.CDF(0, 1, -middle * root / Math.Sqrt(step))
                : density.ProbabilityAbove(middle * root, Math.Sqrt(step));
            (low, high) = passed > error ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    /// <summary>The density of the path (statistic times √t) at a look, for tests that have not stopped
    /// before.</summary>
    /// <remarks>Held as points of Simpson's rule. <c>weighted</c> is weight times density, so that an integral is a
    /// sum.</remarks>
    private sealed class Density
    {
        private readonly double[] at,
            weighted;

        private Density(double[] at, double[] weighted) => (this.at, this.weighted) = (at, weighted);

        /// <summary>The density at the next look.</summary>
        /// <param name="before">The density at the look before; null: the path begins at 0.</param>
        /// <param name="step">Share of the items evaluated since the look before.</param>
        /// <param name="share">Share of the items evaluated so far.</param>
        /// <param name="z">The boundary at this look. Paths above it have stopped.</param>
        /// <param name="next">The next step, as a share. A shorter step needs points that lie closer together.</param>
        public static Density After(Density? before, double step, double share, double z, double next)
        {
            double low = -LargestZ * Math.Sqrt(share),
                high = Math.Min(z, LargestZ) * Math.Sqrt(share);
            double fine = Math.Sqrt(Math.Min(step, next)) / 8;
            int steps = 2 * Math.Clamp((int)Math.Ceiling((high - low) / fine / 2), LeastSteps / 2, MostSteps / 2);
            double width = (high - low) / steps,
                deviation = Math.Sqrt(step);
            double[] at = new double[steps + 1],
                weighted = new double[steps + 1];
            for (int i = 0; i <= steps; i++)
            {
                at[i] = low + i * width;
                double weight =
                    (
                        i == 0 || i == steps ? 1
                        : i % 2 == 1 ? 4
                        : 2
                    )
                    * width
                    / 3;
                weighted[i] = weight * (before is null ? Normal.PDF(0, deviation, at[i]) : before.At(at[i], deviation));
            }

            return new Density(at, weighted);
        }

        /// <summary>Probability of being at or above <paramref name="bound"/> after a step with this standard
        /// deviation.</summary>
        public double ProbabilityAbove(double bound, double deviation)
        {
            double sum = 0;
            for (int i = 0; i < at.Length; i++)
            {
                sum += weighted[i] * Normal.CDF(0, 1, (at[i] - bound) / deviation);
            }

            return sum;
        }

        private double At(double x, double deviation)
        {
            double sum = 0;
            for (int i = 0; i < at.Length; i++)
            {
                double distance = (x - at[i]) / deviation;
                // exp(-40) is below the resolution of a sum of doubles.
                sum += distance * distance > 80 ? 0 : weighted[i] * Math.Exp(-distance * distance / 2);
            }

            return sum / deviation / Math.Sqrt(2 * Math.PI);
        }
    }
}
