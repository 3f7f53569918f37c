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

    /// <summary>A stage has progressed.</summary>
    [JsonStringEnumMemberName("progressed")]
    Progressed,

    /// <summary>Something worth knowing.</summary>
    [JsonStringEnumMemberName("noted")]
    Noted,

    /// <summary>Something that may be wrong.</summary>
    [JsonStringEnumMemberName("warned")]
    Warned,

    /// <summary>What was asked for failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>What a process that does single stages says on its standard output: one object a line.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Text">The stage, or the sentence.</param>
/// <param name="What">Of a progress: the part at work.</param>
/// <param name="Done">Of a progress: units done.</param>
/// <param name="Total">Of a progress: units in all.</param>
/// <param name="Unit">Of a progress: what is counted.</param>
/// <param name="Code">Of a failure: the exit code that it stands for.</param>
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
            RunEvent.Progressed e => new JobLine(JobLineKind.Progressed, e.Stage, e.What, e.Done, e.Total, e.Unit),
            RunEvent.Noted e => new JobLine(JobLineKind.Noted, e.Text),
            RunEvent.Warned e => new JobLine(JobLineKind.Warned, e.Text),
            _ => throw new NotSupportedException($"{happened}"),
        };

    /// <summary>Returns the line of a failure.</summary>
    public static JobLine Of(Exception failure) =>
        new(
            JobLineKind.Failed,
            failure is FulcrumException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}",
            Code: (failure as FulcrumException)?.ExitCode ?? 1
        );

    /// <summary>Reads a line; null for anything else that a process prints.</summary>
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

    /// <summary>Returns the event; null if the line is none.</summary>
    public RunEvent? Event() =>
        Kind switch
        {
            JobLineKind.Started => new RunEvent.StageStarted(Text),
            JobLineKind.Skipped => new RunEvent.StageSkipped(Text),
            JobLineKind.Progressed => new RunEvent.Progressed(Text, What, Done, Total, Unit),
            JobLineKind.Noted => new RunEvent.Noted(Text),
            JobLineKind.Warned => new RunEvent.Warned(Text),
            _ => null,
        };

    /// <summary>Returns the failure as the exception that it stands for.</summary>
    public FulcrumException Failure() =>
        Code switch
        {
            2 => new InputException(Text),
            3 => new GuardException(Text),
            _ => new FulcrumException(Text),
        };
}
