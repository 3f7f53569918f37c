namespace Fulcrum.Statistics;

/// <summary>The paired comparison of two measurements: <c>comparison.json</c>. Holds no time, host or path, so equal runs give equal bytes.</summary>
public sealed record Comparison(IReadOnlyList<BenchmarkComparison> Benchmarks);

/// <summary>One benchmark, before and after, over the items scored on both sides.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Items">Items scored on both sides.</param>
/// <param name="Unscored">Items that one side or both could not score.</param>
/// <param name="Clusters">Number of clusters among the items.</param>
/// <param name="Before">The first side's score.</param>
/// <param name="After">The second side's score.</param>
/// <param name="Difference">After minus before.</param>
/// <param name="Mcnemar">The exact test on the items that changed.</param>
/// <param name="Groups">The same for every group (hardness, category), in a fixed order; empty when there is one group.</param>
/// <param name="Protocol">The protocol hash that both sides share; null when the files carry none.</param>
public sealed record BenchmarkComparison(
    string Benchmark, int Items, int Unscored, int Clusters, ScoreInterval Before, ScoreInterval After, Difference Difference, McNemarResult Mcnemar,
    IReadOnlyList<GroupComparison> Groups, string? Protocol = null);

/// <summary>One group of a benchmark's items.</summary>
public sealed record GroupComparison(
    string Group, int Items, int Unscored, int Clusters, ScoreInterval Before, ScoreInterval After, Difference Difference, McNemarResult Mcnemar);

/// <summary>A proportion with its 95 % Wilson interval, as fractions.</summary>
public readonly record struct ScoreInterval(double Score, double Low, double High);

/// <summary>A paired difference as a fraction (0.199 is 19.9 points), with its 95 % interval and clustered standard error.</summary>
public readonly record struct Difference(double Points, double Low, double High, double StandardError);

/// <summary>Items gained (wrong before, right after), items lost, and the exact two-sided p of McNemar's test.</summary>
public readonly record struct McNemarResult(int Gained, int Lost, double P);
