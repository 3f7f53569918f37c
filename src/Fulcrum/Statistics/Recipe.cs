namespace Fulcrum.Statistics;

/// <summary>The mean difference over training seeds: what training again with another seed would give.</summary>
/// <param name="Points">The mean, as a fraction.</param>
/// <param name="Seeds">Number of seeds. A verdict needs <see cref="LeastSeeds"/>.</param>
internal readonly record struct RecipeEstimate(
    double Points,
    double Low,
    double High,
    double StandardError,
    double DegreesOfFreedom,
    int Seeds
)
{
    /// <summary>Fewest seeds from which a recipe can be judged.</summary>
    public const int LeastSeeds = 3;

    /// <summary>
    /// The hierarchical interval, seeds as the outer level: mean ± t_ν √(a + b), a the squared standard error of the
    /// items' means over seeds, b the variance of the seeds' mean differences over their number, ν by Satterthwaite
    /// (1946, Biometrics Bull.
    /// 2:110). The residual of the items is in both, so the interval is too wide where seeds hardly differ.
    /// </summary>
    /// <param name="seeds">The differences of each seed, at least two, on the same items in the same order.</param>
    /// <param name="estimand">Null: what <see cref="Estimator.Default"/> says.</param>
    /// <exception cref="ArgumentException">Fewer than two seeds.</exception>
    internal static RecipeEstimate Of(IReadOnlyList<Sample> seeds, Estimand? estimand = null)
    {
        int s = seeds.Count < 2 ? throw new ArgumentException("at least two seeds", nameof(seeds)) : seeds.Count;
        Sample items = Sample.MeanOf(seeds);
        Estimate e = new Estimator(items, estimand ?? Estimator.Default(items)).At();
        double a = e.StandardError * e.StandardError,
            mean = seeds.Average(x => x.Mean);
        double b = seeds.Sum(x => (x.Mean - mean) * (x.Mean - mean)) / (s - 1) / s,
            variance = a + b;
        if (variance < 1e-24)
        {
            return new RecipeEstimate(e.Points, e.Low, e.High, 0, e.DegreesOfFreedom, s);
        }

        double fourth = (a > 0 ? a * a / e.DegreesOfFreedom : 0) + b * b / (s - 1);
        double error = Math.Sqrt(variance),
            degrees = variance * variance / fourth;
        double half = error * Student.Quantile(0.025, degrees);
        return new RecipeEstimate(
            e.Points,
            Math.Max(-1, e.Points - half),
            Math.Min(1, e.Points + half),
            error,
            degrees,
            s
        );
    }
}
