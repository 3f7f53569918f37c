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

    // The normal tail beyond 38 is 0 in double precision, so no boundary is higher.
    private const double HighestBoundary = 40;
    private const double BoundaryWidth = 1e-11;

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
        double[] from = [.. shares.Prepend(0).Take(shares.Count)];
        if (shares.Zip(from).Any(s => !(s.First > s.Second && s.First <= 1)))
        {
            throw new ArgumentException("shares must increase, be above 0 and at most 1", nameof(shares));
        }

        double[] boundaries = new double[shares.Count];
        PathDensity paths = PathDensity.AtStart;
        for (int j = 0; j < shares.Count; j++)
        {
            Step step = new(from[j], shares[j]);
            boundaries[j] = Boundary(paths, step, Spent(step.To, error) - Spent(step.From, error));
            double next = j + 1 < shares.Count ? shares[j + 1] - shares[j] : 1;
            paths = paths.After(step, boundaries[j], next);
        }

        return boundaries;
    }

    /// <summary>Finds by bisection the boundary that the paths pass with a probability, after one more step.</summary>
    private static double Boundary(PathDensity paths, Step step, double error)
    {
        double low = 0,
            high = HighestBoundary;
        while (high - low > BoundaryWidth)
        {
            double middle = (low + high) / 2;
            double passed = paths.ProbabilityAbove(middle * step.Root, step);
            (low, high) = passed > error ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
