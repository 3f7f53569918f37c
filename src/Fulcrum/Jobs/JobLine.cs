using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs;

/// <summary>The kinds of a <see cref="JobLine"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobLineKind>))]
internal enum JobLineKind
{
    /// <summary>The process waits for its next stage.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready,

    /// <summary>A stage begins.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>A stage was complete already.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>A stage that began has ended.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended,

    /// <summary>A stage has progressed.</summary>
    [JsonStringEnumMemberName("progressed")]
    Progressed,

    /// <summary>A note for the user.</summary>
    [JsonStringEnumMemberName("noted")]
    Noted,

    /// <summary>A warning.</summary>
    [JsonStringEnumMemberName("warned")]
    Warned,

    /// <summary>The stage failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>A line of the standard output of a process that does single stages: one JSON object per event.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Text">The stage, or the sentence.</param>
/// <param name="What">For progress: the current part.</param>
/// <param name="Done">For progress: completed units.</param>
/// <param name="Total">For progress: all units.</param>
/// <param name="Unit">For progress: the name of the unit.</param>
/// <param name="Code">For a failure: its exit code.</param>
internal sealed record JobLine(
    JobLineKind Kind,
    string Text = "",
    string What = "",
    int Done = 0,
    int Total = 0,
    ProgressUnit Unit = ProgressUnit.Items,
    int Code = 0
)
{
    /// <summary>Returns the line of an event.</summary>
    public static JobLine Of(RunEvent happened) =>
        happened switch
        {
            RunEvent.StageStarted e => new JobLine(JobLineKind.Started, e.Stage),
            RunEvent.StageSkipped e => new JobLine(JobLineKind.Skipped, e.Stage),
            RunEvent.StageEnded e => new JobLine(JobLineKind.Ended, e.Stage),
            RunEvent.Progressed e => new JobLine(JobLineKind.Progressed, e.Stage, e.What, e.Done, e.Total, e.Unit),
            RunEvent.Noted e => new JobLine(JobLineKind.Noted, e.Text),
            RunEvent.Warned e => new JobLine(JobLineKind.Warned, e.Text),
            _ => throw new NotSupportedException($"{happened}"),
        };

    /// <summary>Returns the line of a failure.</summary>
    public static JobLine Of(Exception failure) =>
        // Work done in parallel wraps its failures.
        (failure as AggregateException)
            ?.Flatten()
            .InnerExceptions.OfType<FulcrumException>()
            .FirstOrDefault()
            is { } first
            ? Of(first)
            : new(
                JobLineKind.Failed,
                failure is FulcrumException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}",
                Code: (failure as FulcrumException)?.ExitCode ?? 1
            );

    /// <summary>Parses a line; returns null for any other output of a process.</summary>
    public static JobLine? Parse(string line)
    {
        try
        {
            return line.StartsWith('{') ? StoredJson.Parse<JobLine>(line, "a job", "a line of a job") : null;
        }
        catch (InputException)
        {
            return null;
        }
    }

    /// <summary>Returns the line as text.</summary>
    public string Print() => JsonSerializer.Serialize(this, JsonLines.Output);

    /// <summary>Returns the event; null if the line is none. The process that wrote a warning stores it with its
    /// stage.</summary>
    public RunEvent? Event() =>
        Kind switch
        {
            JobLineKind.Started => new RunEvent.StageStarted(Text),
            JobLineKind.Skipped => new RunEvent.StageSkipped(Text),
            JobLineKind.Ended => new RunEvent.StageEnded(Text),
            JobLineKind.Progressed => new RunEvent.Progressed(Text, What, Done, Total, Unit),
            JobLineKind.Noted => new RunEvent.Noted(Text),
            JobLineKind.Warned => new RunEvent.Warned(Text) { IsStatedElsewhere = true },
            _ => null,
        };

    /// <summary>Returns the exception of a failure.</summary>
    public FulcrumException Failure() =>
        Code switch
        {
            2 => new InputException(Text),
            3 => new GuardException(Text),
            _ => new FulcrumException(Text),
        };
}
