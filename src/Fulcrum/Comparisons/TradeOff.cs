using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>What a measured point of the trade-off is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PointKind>))]
internal enum PointKind
{
    /// <summary>The base.</summary>
    [JsonStringEnumMemberName("base")]
    Base,

    /// <summary>A candidate that the study names.</summary>
    [JsonStringEnumMemberName("candidate")]
    Candidate,

    /// <summary>A candidate with another lambda, or at an earlier step.</summary>
    [JsonStringEnumMemberName("curve")]
    Curve,

    /// <summary>A candidate in another serving form.</summary>
    [JsonStringEnumMemberName("serving")]
    Serving,

    /// <summary>A candidate trained with another seed.</summary>
    [JsonStringEnumMemberName("seed")]
    Seed,
}

/// <summary>The measured points of a study and the front that they form.</summary>
/// <param name="Tasks">Tasks whose mean is the first axis.</param>
/// <param name="General">Tasks whose mean is the second axis.</param>
/// <param name="Points">Before first, after second, then as measured.</param>
/// <param name="Hypervolume">Area of the unit square (task score, general score) that the points dominate, reference
/// point (0, 0).</param>
/// <param name="BaseHypervolume">The part of it that the base model dominates by itself.</param>
/// <param name="Best">The point with the highest task score among those whose general loss is shown to lie within the
/// margin, by bounds that hold for all points together; null: there is none.</param>
/// <param name="Margin">In points.</param>
internal sealed record TradeOff(
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
/// <param name="Lambda">The adapter's scale: 0 the base, 1 as trained.</param>
/// <param name="Step">The training step of the checkpoint; null: the finished adapter.</param>
/// <param name="Form">How the adapter is applied; <c>beside</c> unless the study asks for serving forms.</param>
/// <param name="Seed">The training seed where it is not the study's first; else null.</param>
/// <param name="Scores">A task each, in the study's order.</param>
/// <param name="Task">Mean paired difference over the tasks.</param>
/// <param name="General">Mean paired difference over the other tasks; null: there are none.</param>
/// <param name="OnFront">No other point is better on one axis and at least as good on the other.</param>
/// <param name="Dominated">Statistically: another point is at least as good on both axes, and better on one by a paired
/// interval that excludes 0 and holds for all pairs of points together.</param>
/// <param name="DominatedBy">The name of such a point.</param>
internal sealed record MeasuredPoint(
    string Name,
    PointKind Kind,
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

/// <summary>A candidate's score on one task, and its paired difference from the base.</summary>
internal sealed record PointScore(string Task, int Items, ScoreInterval Score, Difference Difference);
