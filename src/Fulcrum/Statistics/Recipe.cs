namespace Fulcrum.Statistics;

/// <summary>The mean difference over training seeds: the expected difference if the same training (recipe) is repeated
/// with another seed.</summary>
/// <param name="Points">The mean, as a fraction.</param>
/// <param name="Low">Lower bound of the 95% interval.</param>
/// <param name="High">Upper bound of the 95% interval.</param>
/// <param name="Seeds">The number of seeds. A verdict needs <see cref="LeastSeeds"/>.</param>
internal readonly record struct RecipeEstimate(
    double Points,
    double Low,
    double High,
    double StandardError,
    double DegreesOfFreedom,
    int Seeds
)
{
    /// <summary>The smallest number of seeds that allows a verdict on a recipe: with two, intervals of skewed seed
    /// effects cover 80% instead of 95% (<c>docs/method.md</c>, "Training seeds").</summary>
    public const int LeastSeeds = 3;

    /// <summary>
    /// Returns the mean with the hierarchical interval mean ± t_ν √(a + b). a is the squared standard error of the
    /// items' means over seeds. b is the variance of the seeds' differences, divided by the number of seeds. ν is
    /// Satterthwaite's (1946, Biometrics Bull. 2:110). The residual of the items is in a and in b, so the interval is
    /// too wide if seeds hardly differ.
    /// </summary>
    /// <param name="seeds">The differences of each seed, at least two, on the same items in the same order.</param>
    /// <param name="estimand">Null: what <see cref="Estimator.Default"/> says.</param>
    /// <exception cref="ArgumentException">Fewer than two seeds.</exception>
    internal static RecipeEstimate Of(IReadOnlyList<Sample> seeds, Estimand? estimand = null)
    {
        int s =
            seeds.Count < 2
                ? throw new ArgumentException("an interval over seeds needs at least 2 seeds", nameof(seeds))
                : seeds.Count;
        Sample items = Sample.MeanOf(seeds);
        Estimate e = new Estimator(items, estimand ?? Estimator.Default(items)).At();
        double a = e.StandardError * e.StandardError,
            mean = seeds.Average(x => x.Mean);
        double b = seeds.Sum(x => (x.Mean - mean) * (x.Mean - mean)) / (s - 1) / s;
        StandardError sum = StandardErrors.OfSum([(a, e.DegreesOfFreedom), (b, s - 1)]);
        if (sum.Error < 1e-12) // rounding: neither items nor seeds differ
        {
            return new RecipeEstimate(e.Points, e.Low, e.High, 0, e.DegreesOfFreedom, s);
        }

        double half = sum.Error * Student.Quantile(0.025, sum.Degrees);
        return new RecipeEstimate(
            e.Points,
            Math.Max(-1, e.Points - half),
            Math.Min(1, e.Points + half),
            sum.Error,
            sum.Degrees,
            s
        );
    }
}
