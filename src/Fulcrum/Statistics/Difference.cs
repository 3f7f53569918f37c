namespace Fulcrum.Statistics;

/// <summary>A score as a fraction with its 95% interval.</summary>
public readonly record struct ScoreInterval(double Score, double Low, double High);

/// <summary>A paired difference as a fraction (0.199 is 19.9 percentage points), with its 95% interval and standard
/// error.</summary>
public readonly record struct Difference(double Points, double Low, double High, double StandardError);

/// <summary>A mean with its interval and test, as fractions.</summary>
/// <param name="Points">The mean.</param>
/// <param name="Low">Lower bound of the interval, clipped to the range of the values.</param>
/// <param name="High">Upper bound of the interval, clipped to the range of the values.</param>
/// <param name="StandardError">Standard error of the Student interval among the pieces of the interval
/// (<c>docs/method.md</c>, "Interval of a difference").</param>
/// <param name="DegreesOfFreedom">Degrees of freedom of that standard error.</param>
/// <param name="P">Two-sided p of a mean of 0. It is below 0.05 exactly where the 95% interval excludes 0.</param>
public readonly record struct Estimate(
    double Points,
    double Low,
    double High,
    double StandardError,
    double DegreesOfFreedom,
    double P
)
{
    /// <summary>The interval and its standard error, without the test.</summary>
    public Difference ToDifference() => new(Points, Low, High, StandardError);
}
