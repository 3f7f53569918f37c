using System.Text.Json.Serialization;

namespace Fulcrum.Jobs;

/// <summary>What a stage is at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StageState>))]
internal enum StageState
{
    /// <summary>It failed the last time.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The model is being made.</summary>
    [JsonStringEnumMemberName("training")]
    Training,

    /// <summary>The tasks are being asked.</summary>
    [JsonStringEnumMemberName("measuring")]
    Measuring,

    /// <summary>A process has begun and has not progressed yet.</summary>
    [JsonStringEnumMemberName("starting")]
    Starting,

    /// <summary>It was begun, and no process works at it.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted,

    /// <summary>Slurm has not started its job.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>It was not begun.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>It was measured on the items by which candidates are selected, and nothing more is asked of it so
    /// far.</summary>
    [JsonStringEnumMemberName("tried")]
    Tried,

    /// <summary>A selection ended without it: a search trained it for a shorter time only, or it is a further seed of
    /// a candidate that was not selected.</summary>
    [JsonStringEnumMemberName("dropped")]
    Dropped,

    /// <summary>It is complete.</summary>
    [JsonStringEnumMemberName("done")]
    Done,
}

/// <summary>The state of one stage or candidate.</summary>
/// <param name="Name">The candidate, or the stage.</param>
/// <param name="Why">Why it failed, was interrupted or waits; null: nothing to say.</param>
/// <param name="What">The part at work.</param>
/// <param name="Done">Units done of that part.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Rate">Units per second.</param>
/// <param name="RemainingSeconds">Until the candidate is complete, as far as can be told.</param>
/// <param name="Job">The job of Slurm.</param>
/// <param name="Node">Where the job runs.</param>
internal sealed record StageStatus(
    string Name,
    StageState State,
    string? Why = null,
    string? What = null,
    int? Done = null,
    int? Total = null,
    string? Unit = null,
    double? Rate = null,
    double? RemainingSeconds = null,
    string? Job = null,
    string? Node = null
)
{
    /// <summary>Whether a process works at it.</summary>
    [JsonIgnore]
    public bool IsRunning => State is StageState.Training or StageState.Measuring or StageState.Starting;
}
