namespace Fulcrum.Statistics;

/// <summary>A score as a fraction with its 95% interval.</summary>
public readonly record struct ScoreInterval(double Score, double Low, double High);

/// <summary>A paired difference as a fraction (0.199 is 19.9 points), with its 95% interval and standard
/// error.</summary>
public readonly record struct Difference(double Points, double Low, double High, double StandardError);

/// <summary>A mean with its interval and test, as fractions.</summary>
/// <param name="Points">The mean.</param>
/// <param name="Low">Lower bound of the interval, cut to the range of the values.</param>
/// <param name="High">Upper bound of the interval, cut to the range of the values.</param>
/// <param name="StandardError">Of the t piece (<c>docs/method.md</c>).</param>
/// <param name="DegreesOfFreedom">Of the t piece.</param>
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
