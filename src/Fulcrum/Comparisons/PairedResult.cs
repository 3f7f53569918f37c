using System.Text.Json.Serialization;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>The comparison of two sides on one task, or on one group of its items, over the items that are scored on
/// both sides.</summary>
/// <remarks>One object of <c>comparison.json</c>, whose names and order are those of the properties.</remarks>
public sealed record PairedResult
{
    // What was compared.

    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>Items scored on both sides.</summary>
    public required int Items { get; init; }

    /// <summary>Items that one side or both could not score.</summary>
    public required int Unscored { get; init; }

    /// <summary>Items that the first side could not score.</summary>
    public required int UnscoredBefore { get; init; }

    /// <summary>Items that the second side could not score.</summary>
    public required int UnscoredAfter { get; init; }

    /// <summary>Number of clusters among the items.</summary>
    public required int Clusters { get; init; }

    // Scores and their difference.

    /// <summary>The first side's score.</summary>
    public required ScoreInterval Before { get; init; }

    /// <summary>The second side's score.</summary>
    public required ScoreInterval After { get; init; }

    /// <summary>After minus before, for the chosen estimand. Of a group: simultaneous with the task's other
    /// groups.</summary>
    public required Difference Difference { get; init; }

    /// <summary>The population that the difference is about.</summary>
    public required Estimand Estimand { get; init; }

    /// <summary>The method of its interval.</summary>
    public required IntervalMethod IntervalMethod { get; init; }

    /// <summary>Both estimands; p is not adjusted for a family.</summary>
    public required BothEstimands Estimands { get; init; }

    /// <summary>The cluster that lost most; null without items.</summary>
    public required WorstCluster? WorstCluster { get; init; }

    // Items that changed, and their tests.

    /// <summary>The exact test of items that changed; null where a score is neither 0 nor 1.</summary>
    public required McNemarResult? Mcnemar { get; init; }

    /// <summary>The test of graded scores; null where every score is 0 or 1.</summary>
    public required SignFlipResult? SignFlip { get; init; }

    /// <summary>Items below the threshold before and at or above it after.</summary>
    public required int Gained { get; init; }

    /// <summary>Items at or above the threshold before and below it after.</summary>
    public required int Lost { get; init; }

    /// <summary>The score from which an item counts as right; 0: every rise and fall counts.</summary>
    public required double Threshold { get; init; }

    // What only some results have.

    /// <summary>The group's name; null: the whole task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Group { get; init; }

    /// <summary>The difference if unscored items all counted against, or for, the second side; null: at most 1% are
    /// unscored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UnscoredBounds? Bounds { get; init; }

    /// <summary>p adjusted for its family: Holm over the tasks of a comparison, Bonferroni over the groups of a task;
    /// null: no family.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AdjustedP { get; init; }

    /// <summary>The protocol hash that both sides share; null when the files carry none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Protocol { get; init; }

    /// <summary>The test against the study's margin; null: no margin stated.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NonInferiority? NonInferiority { get; init; }

    /// <summary>Additional measures of the answers, such as steps of SQL or Brier scores; null or empty:
    /// none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MeasureComparison>? Measures { get; init; }

    /// <summary>A measure of the whole corpus; null: not computed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CorpusResult? Corpus { get; init; }

    /// <summary>The accuracy of guessing, as a fraction; null: the task cannot be guessed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Chance { get; init; }

    /// <summary>Bounds for other clusters that assume how changes cluster; null where enough clusters changed, or the
    /// difference is about other items.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal FewChanges? FewChanges { get; init; }

    /// <summary>Means over clusters, every cluster counting the same; null: not computed.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal MacroMeans? Macro { get; init; }

    /// <summary>The measures by group and by cluster.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<MeasureBreakdown>? MeasureParts { get; init; }

    /// <summary>Of choices by likelihood; null where the answers carry no probabilities.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal CalibrationComparison? Calibration { get; init; }

    /// <summary>How the written replies of both sides ended; null where nothing was written.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal SideReplies? Replies { get; init; }

    /// <summary>The score that the first side would reach without knowledge; null if it is not known or there is no
    /// margin.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal WithoutKnowledge? WithoutKnowledge { get; init; }

    /// <summary>What the second side would score without knowledge; null where that is not known, or a margin was
    /// stated.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal WithoutKnowledge? GuessedAfter { get; init; }

    /// <summary>Whether the task names clusters. Where it names none, its items are independent of each
    /// other.</summary>
    [JsonIgnore]
    internal bool NamesClusters => Clusters > 1 || WorstCluster is { Cluster.Length: > 0 };

    /// <summary>The number of items that were asked, where several of them are one question, so that
    /// <see cref="Items"/> counts questions; null: each item is a question of its own.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal int? AskedItems { get; init; }

    /// <summary>Whether every item has the same score on both sides.</summary>
    [JsonIgnore]
    internal bool IsUnchanged =>
        Items > 0
        && Gained + Lost == 0
        && WorstCluster is null or { Points: 0 }
        && Estimands.Items is { Points: 0, StandardError: 0 };

    /// <summary>Whether neither side solved any item, so that the difference of 0 says nothing.</summary>
    [JsonIgnore]
    internal bool NothingSolved => Items > 0 && Before.Score == 0 && After.Score == 0;

    /// <summary>How an early decision was made; then the intervals are the repeated ones. Null: all items were
    /// asked.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal EarlyResult? Early { get; init; }

    /// <summary>The same for every group (hardness, category), in a fixed order; empty if there is one group, and for a
    /// group.</summary>
    public IReadOnlyList<PairedResult> Groups { get; init; } = [];

    /// <summary>The bounds by which the difference is held against a margin or a requirement other than 0.</summary>
    [JsonIgnore]
    internal Difference AgainstLimits =>
        FewChanges is { } few ? Difference with { Low = few.Low, High = few.High } : Difference;

    /// <summary>Whether the margin is compared with the bounds of few changed clusters.</summary>
    [JsonIgnore]
    internal bool RestsOnFewChanges => FewChanges is not null && NonInferiority is not null;

    /// <summary>Two-sided p of no difference, of the same pieces as the interval. Of a group adjusted for its
    /// family.</summary>
    [JsonIgnore]
    public double P => Group is not null && AdjustedP is { } adjusted ? adjusted : Estimands.Of(Estimand).P;

    /// <summary>What the interval shows. A group of fewer than 5 clusters shows nothing, unless the task names no
    /// clusters.</summary>
    [JsonIgnore]
    public Change Change => HasTooFewClusters ? Change.None : Changes.Of(Difference);

    /// <summary>Whether this is a group of too few clusters to show anything of other clusters.</summary>
    [JsonIgnore]
    internal bool HasTooFewClusters => Group is not null && NamesClusters && Clusters < Estimator.LeastClusters;

    /// <summary>Whether items have scores. A task without them, such as whole texts, takes no part in the
    /// verdict.</summary>
    [JsonIgnore]
    public bool HasScores => Items > 0 || Corpus is null;

    /// <summary>The name of a row: the group's, or the task's.</summary>
    [JsonIgnore]
    public string Name => Group ?? Task;
}

/// <summary>How the written replies of both sides ended.</summary>
internal sealed record SideReplies(ReplyCounts Before, ReplyCounts After)
{
    /// <summary>Counts the replies of both sides; null where neither has written any.</summary>
    public static SideReplies? Of(IReadOnlyList<Answer> before, IReadOnlyList<Answer> after) =>
        (ReplyCounts.Of(before), ReplyCounts.Of(after)) switch
        {
            (null, null) => null,
            var (b, a) => new SideReplies(b ?? new ReplyCounts(0, 0, 0), a ?? new ReplyCounts(0, 0, 0)),
        };
}

/// <summary>Both estimands of a difference.</summary>
/// <param name="Items">Other items of these clusters.</param>
/// <param name="Clusters">Other clusters; null where there are fewer than 5.</param>
public sealed record BothEstimands(Estimate Items, Estimate? Clusters)
{
    /// <summary>One of them.</summary>
    /// <exception cref="InvalidOperationException">It does not exist.</exception>
    public Estimate Of(Estimand estimand) =>
        estimand == Estimand.Items ? Items : Clusters ?? throw new InvalidOperationException("fewer than 5 clusters");
}

/// <summary>The difference if every item that one side alone could not score had been right or wrong there.</summary>
/// <param name="Lowest">Unscored before counts as right, unscored after as wrong.</param>
/// <param name="Highest">Unscored before counts as wrong, unscored after as right.</param>
public sealed record UnscoredBounds(Difference Lowest, Difference Highest);

/// <summary>Means of the clusters' scores, each cluster counting the same; the difference with Student's interval over
/// clusters.</summary>
internal sealed record MacroMeans(double Before, double After, Difference Difference);

/// <summary>Whether a loss stays within a margin.</summary>
/// <param name="Margin">As a fraction: 0.02 is 2 points.</param>
/// <param name="P">One-sided p of the hypothesis that the loss is the margin or more.</param>
/// <param name="BeyondP">One-sided p of the hypothesis that the loss is the margin or less.</param>
/// <param name="Shown">Non-inferior: the 95% interval's lower bound lies above -margin.</param>
/// <param name="Equivalent">Neither lost nor gained more than the margin: the 90% interval lies within it
/// (TOST).</param>
public readonly record struct NonInferiority(double Margin, double P, double BeyondP, bool Shown, bool Equivalent);

/// <summary>A measure of the whole corpus, before and after.</summary>
public sealed record CorpusResult(
    CorpusMeasure Measure,
    double Before,
    double After,
    double Points,
    double Low,
    double High,
    double StandardError,
    double DegreesOfFreedom
);

/// <summary>Measures that are no mean over items.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CorpusMeasure>))]
public enum CorpusMeasure
{
    /// <summary>The mean of the classes' F1, over the labels of the targets.</summary>
    [JsonStringEnumMemberName("macro-f1")]
    MacroF1,

    /// <summary>Bits that the model needs for a byte of text; lower is better.</summary>
    [JsonStringEnumMemberName("bits-per-byte")]
    BitsPerByte,
}
