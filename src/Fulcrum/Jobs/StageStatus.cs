using System.Text.Json.Serialization;

namespace Fulcrum.Jobs;

/// <summary>The state of a stage.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StageState>))]
internal enum StageState
{
    /// <summary>The last attempt failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The model is being trained or created.</summary>
    [JsonStringEnumMemberName("training")]
    Training,

    /// <summary>The tasks are being evaluated.</summary>
    [JsonStringEnumMemberName("measuring")]
    Measuring,

    /// <summary>A process has started and has not reported progress yet.</summary>
    [JsonStringEnumMemberName("starting")]
    Starting,

    /// <summary>It was started, and no process works on it now.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted,

    /// <summary>Slurm has not started its job.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>It was not started.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>The candidate was evaluated on the selection items. It was not selected so far, so there is nothing
    /// more to do.</summary>
    [JsonStringEnumMemberName("tried")]
    Tried,

    /// <summary>The candidate was not selected: a search trained it with fewer steps only, or it is an additional seed
    /// of a candidate that was not selected.</summary>
    [JsonStringEnumMemberName("dropped")]
    Dropped,

    /// <summary>It is complete.</summary>
    [JsonStringEnumMemberName("done")]
    Done,
}

/// <summary>The state of one stage or candidate.</summary>
/// <param name="Name">The candidate, or the stage.</param>
/// <param name="Why">Why it failed, was interrupted or waits; null: no reason.</param>
/// <param name="What">The current part of the stage.</param>
/// <param name="Done">Completed units of this part.</param>
/// <param name="Total">All units of this part.</param>
/// <param name="Unit">The name of the unit.</param>
/// <param name="Rate">Units per second.</param>
/// <param name="RemainingSeconds">Estimated seconds until the candidate is complete; null: unknown.</param>
/// <param name="Job">The Slurm job.</param>
/// <param name="Node">The node on which the job runs.</param>
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
    /// <summary>Whether a process works on it.</summary>
    [JsonIgnore]
    public bool IsRunning => State is StageState.Training or StageState.Measuring or StageState.Starting;
}
