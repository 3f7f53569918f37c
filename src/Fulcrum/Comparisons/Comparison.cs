using Fulcrum.Guards;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>What a study found: <c>comparison.json</c>. Holds no time, host or path, so equal runs give equal
/// bytes.</summary>
/// <param name="Tasks">Before and after, one result per task, in the study's order.</param>
/// <param name="Verdict">What follows from the differences and the margin; null where nothing says which task is
/// the target (two plain files).</param>
/// <param name="Guards">Every guard that was tried, in the order of the stages; null: none was.</param>
/// <param name="Power">What each task's sample can detect; null: not computed.</param>
/// <param name="TradeOff">The measured points, before and after among them, with the front that they form; null:
/// nothing but before and after was asked for.</param>
/// <param name="Seeds">The spread over training seeds, one result per task; null: one seed.</param>
/// <param name="NeutralText">How far the predictions on neutral text moved; null: none was named.</param>
public sealed record Comparison(
    IReadOnlyList<PairedResult> Tasks,
    Verdict? Verdict = null,
    IReadOnlyList<GuardResult>? Guards = null,
    IReadOnlyList<TaskPower>? Power = null,
    TradeOff? TradeOff = null,
    IReadOnlyList<SeedsResult>? Seeds = null,
    NeutralTextComparison? NeutralText = null
);
