namespace Fulcrum.Statistics;

/// <summary>What a study found: <c>comparison.json</c>. Holds no time, host or path, so equal runs give equal
/// bytes.</summary>
/// <param name="Benchmarks">Before and after, a benchmark each, in the study's order.</param>
/// <param name="Verdict">What follows from the differences and the margin; null where nothing says which benchmark is
/// the task (two plain files).</param>
/// <param name="Guards">Every guard that was tried, in the order of the stages; null: none was.</param>
/// <param name="Power">What each benchmark's sample can see; null: not computed.</param>
/// <param name="TradeOff">The measured points, before and after among them, with the front that they form; null:
/// nothing but before and after was asked for.</param>
/// <param name="Seeds">The spread over training seeds, a benchmark each; null: one seed.</param>
/// <param name="NeutralText">How far the predictions on neutral text moved; null: none was named.</param>
public sealed record Comparison(
    IReadOnlyList<BenchmarkComparison> Benchmarks,
    Verdict? Verdict = null,
    IReadOnlyList<GuardResult>? Guards = null,
    IReadOnlyList<BenchmarkPower>? Power = null,
    TradeOff? TradeOff = null,
    IReadOnlyList<SeedSpread>? Seeds = null,
    NeutralTextComparison? NeutralText = null
);

/// <summary>One benchmark, before and after, over the items scored on both sides.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Items">Items scored on both sides.</param>
/// <param name="Unscored">Items that one side or both could not score.</param>
/// <param name="Clusters">Number of clusters among the items.</param>
/// <param name="Before">The first side's score.</param>
/// <param name="After">The second side's score.</param>
/// <param name="Difference">After minus before.</param>
/// <param name="Mcnemar">The exact test on the items that changed.</param>
/// <param name="Groups">The same for every group (hardness, category), in a fixed order; empty when there is one
/// group.</param>
/// <param name="Protocol">The protocol hash that both sides share; null when the files carry none.</param>
/// <param name="AdjustedP">McNemar's p after Holm's correction over the family of all benchmarks; null: no
/// family.</param>
/// <param name="Bootstrap">The difference with the percentile interval of the bootstrap over clusters; null: not
/// computed.</param>
/// <param name="Macro">Means over clusters, every cluster counting the same, beside the scores over items; null: not
/// computed.</param>
/// <param name="NonInferiority">The test against the study's margin; null: no margin stated.</param>
/// <param name="Measures">What the answers carry beside their score: steps of SQL, Brier scores, parsed shares; null or
/// empty: nothing.</param>
/// <param name="MeasureParts">The measures by group and by cluster.</param>
/// <param name="Calibration">Of choices by likelihood; null where the answers carry no probabilities.</param>
public sealed record BenchmarkComparison(
    string Benchmark,
    int Items,
    int Unscored,
    int Clusters,
    ScoreInterval Before,
    ScoreInterval After,
    Difference Difference,
    McNemarResult Mcnemar,
    IReadOnlyList<GroupComparison> Groups,
    string? Protocol = null,
    double? AdjustedP = null,
    Difference? Bootstrap = null,
    MacroMeans? Macro = null,
    NonInferiority? NonInferiority = null,
    IReadOnlyList<MeasureComparison>? Measures = null,
    IReadOnlyList<MeasureBreakdown>? MeasureParts = null,
    CalibrationComparison? Calibration = null
);

/// <summary>One group of a benchmark's items.</summary>
/// <param name="AdjustedP">McNemar's p after Holm's correction over the family of the benchmark's groups; null: no
/// family.</param>
public sealed record GroupComparison(
    string Group,
    int Items,
    int Unscored,
    int Clusters,
    ScoreInterval Before,
    ScoreInterval After,
    Difference Difference,
    McNemarResult Mcnemar,
    double? AdjustedP = null
);

/// <summary>A proportion with its 95 % Wilson interval, as fractions.</summary>
public readonly record struct ScoreInterval(double Score, double Low, double High);

/// <summary>A paired difference as a fraction (0.199 is 19.9 points), with its 95 % interval and clustered standard
/// error.</summary>
public readonly record struct Difference(double Points, double Low, double High, double StandardError);

/// <summary>Items gained (wrong before, right after), items lost, and the exact two-sided p of McNemar's
/// test.</summary>
public readonly record struct McNemarResult(int Gained, int Lost, double P);

/// <summary>Means of the clusters' scores, each cluster counting the same; the difference with Student's interval over
/// clusters.</summary>
public readonly record struct MacroMeans(double Before, double After, Difference Difference);

/// <summary>Whether a loss stays within a margin.</summary>
/// <param name="Margin">As a fraction: 0.02 is 2 points.</param>
/// <param name="P">One-sided p of the hypothesis that the loss is the margin or more.</param>
/// <param name="Shown">Non-inferior: the 95 % interval's lower bound lies above -margin.</param>
/// <param name="Equivalent">Neither lost nor gained more than the margin: both one-sided tests hold at 5 % (TOST), so
/// the 90 % interval lies within the margin.</param>
public readonly record struct NonInferiority(double Margin, double P, bool Shown, bool Equivalent);

/// <summary>What follows from the differences: the first line of a report.</summary>
/// <param name="Kind"><c>accept</c>: a gain on every task is shown, and every other benchmark's loss is shown to lie
/// within the margin; <c>reject</c>: a task is shown not to
/// gain, or a loss is shown to exceed the margin; else <c>inconclusive</c>.</param>
/// <param name="Margin">In points, as the study states it.</param>
/// <param name="Findings">A benchmark each, tasks first.</param>
public sealed record Verdict(string Kind, double Margin, IReadOnlyList<Finding> Findings);

/// <summary>What one benchmark says.</summary>
/// <param name="Role"><c>task</c> or <c>general</c>.</param>
/// <param name="Change"><c>gain</c>, <c>loss</c>, or <c>none</c> where the interval contains 0.</param>
/// <param name="Judgement">Of a task: <c>gained</c>, <c>not-gained</c> or <c>open</c>; of a general benchmark:
/// <c>within-margin</c>, <c>beyond-margin</c> or <c>open</c>.</param>
/// <param name="Difference">After minus before.</param>
public sealed record Finding(string Benchmark, string Role, string Change, string Judgement, Difference Difference);

/// <summary>One guard's outcome.</summary>
/// <param name="Name">The name by which a study may override it: <c>gold-against-gold</c>, <c>below-chance</c>,
/// ...</param>
/// <param name="Stage">The stage that tried it.</param>
/// <param name="Benchmark">Which benchmark; null: none in particular.</param>
/// <param name="Status"><c>passed</c>, <c>failed</c>, <c>overridden</c> (it failed, and the study goes on by its own
/// word) or <c>not-applicable</c>.</param>
/// <param name="Message">What was seen, in a sentence with the numbers.</param>
public sealed record GuardResult(string Name, string Stage, string? Benchmark, string Status, string Message);

/// <summary>What a benchmark's sample can see with 80 % power in a two-sided test at 5 %.</summary>
/// <param name="Expected">Before the run: the smallest detectable effect for a range of discordances (share of items
/// that change).</param>
/// <param name="Observed">After the run, at the discordance and design effect that were seen; null before it.</param>
/// <param name="DesignEffect">Variance of the clustered difference over that of independent items, as observed; null
/// before the run.</param>
/// <param name="Looking">In points: what the study wants to see here (its margin, or a requirement); null: nothing
/// stated.</param>
/// <param name="Sees">Whether the smallest effect at the middle discordance is at most
/// <paramref name="Looking"/>.</param>
public sealed record BenchmarkPower(
    string Benchmark,
    int Items,
    int Clusters,
    IReadOnlyList<DetectableEffect> Expected,
    DetectableEffect? Observed = null,
    double? DesignEffect = null,
    double? Looking = null,
    bool Sees = true
);

/// <summary>The smallest difference, as a fraction, that is found in 8 of 10 studies when this share of the items
/// changes.</summary>
public readonly record struct DetectableEffect(double Discordance, double Points);

/// <summary>The measured points of a study and the front that they form.</summary>
/// <param name="Tasks">Benchmarks whose mean is the first axis.</param>
/// <param name="General">Benchmarks whose mean is the second axis.</param>
/// <param name="Points">Before first, after second, then as measured.</param>
/// <param name="Hypervolume">Area of the unit square (task score, general score) that the points dominate, reference
/// point (0, 0).</param>
/// <param name="BaseHypervolume">The part of it that the base model dominates by itself.</param>
/// <param name="Best">The point with the highest task score among those whose general loss is shown to lie within the
/// margin; null: there is none.</param>
/// <param name="Margin">In points.</param>
public sealed record TradeOff(
    IReadOnlyList<string> Tasks,
    IReadOnlyList<string> General,
    IReadOnlyList<MeasuredPoint> Points,
    double Hypervolume,
    double BaseHypervolume,
    string? Best,
    double Margin
);

/// <summary>One form of the model that was measured.</summary>
/// <param name="Name">The point's folder in <c>points/</c>; <c>before</c> and <c>after</c> for the two sides.</param>
/// <param name="Kind"><c>side</c>, <c>curve</c>, <c>serving</c> or <c>seed</c>.</param>
/// <param name="Lambda">The adapter's scale: 0 the base, 1 as trained.</param>
/// <param name="Step">The training step of the checkpoint; null: the finished adapter.</param>
/// <param name="Form">How the adapter is applied; <c>beside</c> unless the study asks for serving forms.</param>
/// <param name="Seed">The training seed where it is not the study's first; else null.</param>
/// <param name="Scores">A benchmark each, in the study's order.</param>
/// <param name="Task">Mean paired difference over the tasks.</param>
/// <param name="General">Mean paired difference over the other benchmarks; null: there are none.</param>
/// <param name="OnFront">No other point is better on one axis and at least as good on the other.</param>
/// <param name="Dominated">Statistically: another point is at least as good on both axes, and better on one by a paired
/// 95 % interval that excludes 0.</param>
/// <param name="DominatedBy">The name of such a point.</param>
public sealed record MeasuredPoint(
    string Name,
    string Kind,
    double Lambda,
    int? Step,
    string Form,
    int? Seed,
    IReadOnlyList<PointScore> Scores,
    Difference Task,
    Difference? General,
    bool OnFront,
    bool Dominated,
    string? DominatedBy = null
);

/// <summary>A point's score on one benchmark, and its paired difference from before.</summary>
public sealed record PointScore(string Benchmark, int Items, ScoreInterval Score, Difference Difference);

/// <summary>The spread of one benchmark's difference over training seeds.</summary>
/// <param name="Mean">Mean of the seeds' differences, with an interval that holds for new items and new seeds.</param>
/// <param name="Between">Variance of the difference between seeds, beyond what the items explain; 0 where they explain
/// all.</param>
/// <param name="Within">Mean squared standard error of a single seed's difference: the part that the sample of items
/// explains.</param>
/// <param name="Seeds">A seed each.</param>
public sealed record SeedSpread(
    string Benchmark,
    Difference Mean,
    double Between,
    double Within,
    IReadOnlyList<SeedDifference> Seeds
);

/// <summary>One seed's paired difference.</summary>
public sealed record SeedDifference(int Seed, Difference Difference);
