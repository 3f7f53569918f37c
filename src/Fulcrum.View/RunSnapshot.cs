using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;

namespace Fulcrum.View;

/// <summary>The phase of a run.</summary>
internal enum RunPhase
{
    /// <summary>Every candidate was compared with the base.</summary>
    Complete,

    /// <summary>Progress was made in the last two minutes.</summary>
    Running,

    /// <summary>Neither: interrupted, refused by a guard, or without progress for two minutes.</summary>
    Stopped,

    /// <summary>The folder cannot be read as a run.</summary>
    Unreadable,
}

/// <summary>The state of a run folder at one moment.</summary>
/// <param name="Title">The study's name.</param>
/// <param name="Margin">The study's margin, in percentage points.</param>
/// <param name="Stages">Every stage in its order.</param>
/// <param name="Work">Progress of the running stages; empty: nothing runs.</param>
/// <param name="Remaining">Estimated seconds until the run is complete; null: unknown.</param>
/// <param name="Scores">By candidate and task, the items that base and candidate have answered so far.</param>
/// <param name="Losses">By candidate, the steps of a training so far.</param>
/// <param name="Found">The comparison of a complete run; null: not complete.</param>
/// <param name="Problem">Why the folder cannot be read; null: it can.</param>
internal sealed record RunSnapshot(
    string Title,
    double Margin,
    RunPhase Phase,
    IReadOnlyList<TimedStage> Stages,
    IReadOnlyList<Pulse> Work,
    double? Remaining,
    IReadOnlyList<ScoreSoFar> Scores,
    IReadOnlyDictionary<string, IReadOnlyList<TrainingStep>> Losses,
    Comparison? Found,
    string? Problem = null
)
{
    /// <summary>Returns the snapshot of a folder that cannot be read.</summary>
    public static RunSnapshot Unreadable(string problem) =>
        new(
            "",
            0,
            RunPhase.Unreadable,
            [],
            [],
            null,
            [],
            new Dictionary<string, IReadOnlyList<TrainingStep>>(),
            null,
            problem
        );
}

/// <summary>The result of a task so far.</summary>
/// <param name="Result">Over the items that both sides have answered.</param>
/// <param name="IsComplete">Whether both sides have answered all items.</param>
internal sealed record ScoreSoFar(string Candidate, string Task, PairedResult Result, bool IsComplete);
