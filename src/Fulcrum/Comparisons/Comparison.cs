using System.Text.Json.Serialization;
using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>The result of a study: <c>comparison.json</c>. It contains no time, host or path, so equal runs give
/// byte-identical files.</summary>
/// <param name="Candidates">Every candidate compared with the base, in the study's order.</param>
/// <param name="Guards">The outcome of every guard, in the order of the stages; null: none was checked.</param>
/// <param name="Families">By task, all candidates with bounds that hold for all of them together; null: one
/// candidate.</param>
/// <param name="Pairs">Every two candidates compared with each other; null: one candidate, or too many.</param>
public sealed record Comparison(
    IReadOnlyList<CandidateComparison> Candidates,
    IReadOnlyList<GuardResult>? Guards = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        IReadOnlyList<CandidateFamily>? Families = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<CandidatePair>? Pairs = null
)
{
    /// <summary>The trade-off between targets and general tasks, with its front; null: one candidate.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal TradeOff? TradeOff { get; init; }

    /// <summary>By recipe and task, the spread over training seeds; null: no recipe has more than one seed.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<RecipeSeeds>? Seeds { get; init; }

    /// <summary>Candidates with the serving forms derived from them, each form against the one before; null: no form
    /// is derived.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<ServingLadder>? Ladders { get; init; }

    /// <summary>Which candidate was selected on the other half of the items; then <see cref="Candidates"/> holds
    /// it and its neighbours. Null: no selection.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal SelectionResult? Selection { get; init; }
}

/// <summary>One candidate compared with the base.</summary>
/// <param name="Tasks">One result for each task, in the study's order.</param>
public sealed record CandidateComparison(string Name, IReadOnlyList<PairedResult> Tasks, Verdict Verdict)
{
    /// <summary>What each task's sample can detect; null: not computed.</summary>
    [JsonInclude]
    internal IReadOnlyList<TaskPower>? Power { get; init; }

    /// <summary>The change of the predictions on neutral text; null: not measured.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal NeutralTextComparison? NeutralText { get; init; }

    /// <summary>General tasks by ability; null: fewer than two abilities were measured.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<AbilityRow>? Profile { get; init; }
}

/// <summary>Two candidates compared with each other.</summary>
/// <param name="Tasks">The second minus the first, for each task in the study's order.</param>
public sealed record CandidatePair(string First, string Second, IReadOnlyList<PairDifference> Tasks);

/// <summary>The paired difference of two candidates on one task.</summary>
public sealed record PairDifference(string Task, Difference Difference);

/// <summary>One recipe, trained with several seeds.</summary>
/// <param name="Recipe">The candidate from which the seeds are derived.</param>
internal sealed record RecipeSeeds(string Recipe, IReadOnlyList<SeedsResult> Tasks);

/// <summary>Two sides compared task by task, without a study: two files or two folders of answers.</summary>
/// <param name="Verdict">The verdict; null: it is not known which task is the target.</param>
internal sealed record TasksComparison(
    IReadOnlyList<PairedResult> Tasks,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Verdict? Verdict = null
)
{
    /// <summary>Whether both sides gave the same answers to all items.</summary>
    [JsonIgnore]
    public bool IsSame { get; init; }
}
