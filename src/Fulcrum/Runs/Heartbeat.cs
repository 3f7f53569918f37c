using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>The progress of a stage in a file: <c>heartbeat.json</c> in the run folder, and in the folder of the
/// candidate that is worked at.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="What">The part at work.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">What is counted, in lower case.</param>
/// <param name="Process">The number of the process.</param>
/// <param name="Host">Its host.</param>
/// <param name="Time">When the file was written.</param>
/// <param name="Before">Units that were done when this process came to the part.</param>
/// <param name="Since">When this process came to the part.</param>
internal sealed record Pulse(
    string Stage,
    string What,
    int Done,
    int Total,
    string Unit,
    int Process,
    string Host,
    DateTimeOffset Time,
    int Before,
    DateTimeOffset Since
)
{
    /// <summary>A process of another host whose progress is older than this counts as ended. A process writes its
    /// progress every few seconds, but a busy file system of a cluster may delay it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    /// <summary>Units per second; null while nothing was done.</summary>
    public double? Rate => Done > Before && Time > Since ? (Done - Before) / (Time - Since).TotalSeconds : null;

    /// <summary>Seconds until the part is done; null while unknown.</summary>
    public double? Remaining => Rate is { } rate && Total >= Done ? (Total - Done) / rate : null;

    /// <summary>Returns whether the process that wrote it still runs. Of a process on another host this is assumed
    /// while the progress is recent.</summary>
    public bool IsAlive(DateTimeOffset now) =>
        Host == Environment.MachineName
            // The number may belong to a later process.
            ? RunOwner.StartOf(Process) is { } started && started <= Time + TimeSpan.FromSeconds(2)
            : now - Time < Lifetime;

    /// <summary>Returns the progress of a candidate; null if there is none.</summary>
    public static Pulse? Read(RunLayout run, params string[] place) =>
        StoredJson.ReadIfThere<Pulse>(run.At([.. place, Heartbeat.FileName]), "the progress of a stage");
}

/// <summary>Writes <see cref="Pulse"/> files. Only progress renews them, so an old file means that the run
/// hangs.</summary>
internal sealed class Heartbeat(RunLock run)
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "heartbeat.json";

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
    private readonly Lock door = new();
    private readonly Dictionary<(string Stage, string Part), (int Before, DateTimeOffset Since)> begun = [];

    // By stage, because several processes do several stages at the same time.
    private readonly Dictionary<string, long> written = new(StringComparer.Ordinal);

    /// <summary>Removes the progress of a candidate that is complete.</summary>
    public static void Remove(RunLayout run, string candidate) =>
        File.Delete(run.At(RunLayout.Candidate(candidate), FileName));

    /// <summary>Writes the files of a stage that begins: loading a model, or a program of the user's, may take long
    /// before there is progress.</summary>
    /// <param name="isOfRun">As for <see cref="Report"/>.</param>
    public void Begin(string stage, bool isOfRun)
    {
        if (stage == RunLayout.Base || stage.StartsWith("candidates/", StringComparison.Ordinal))
        {
            lock (door)
            {
                RunEvent.Progressed nothing = new(stage, "", 0, 0, ProgressUnit.Items);
                Write(nothing, (0, TimeProvider.System.GetUtcNow()), isOfRun);
            }
        }
    }

    /// <summary>Writes the files of a stage if they are older than two seconds. A full disk does not stop the run here:
    /// the next stage that must write reports it.</summary>
    /// <param name="isOfRun">Whether the file of the run is written, too. It shows what this process does. The progress
    /// of another process is shown in it only while this one is at no stage.</param>
    /// <returns>True if the files had to be written.</returns>
    public bool Report(RunEvent.Progressed at, bool isOfRun = true)
    {
        lock (door)
        {
            (int Before, DateTimeOffset Since) first = FirstOf(at);
            if (written.TryGetValue(at.Stage, out long last) && Stopwatch.GetElapsedTime(last) < Between)
            {
                return false;
            }

            written[at.Stage] = Stopwatch.GetTimestamp();
            Write(at, first, isOfRun);
            return true;
        }
    }

    private (int Before, DateTimeOffset Since) FirstOf(RunEvent.Progressed at)
    {
        (string, string) part = (at.Stage, at.Unit == ProgressUnit.Steps ? "" : at.What);
        if (!begun.TryGetValue(part, out (int Before, DateTimeOffset Since) first) || at.Done < first.Before)
        {
            begun[part] = first = (at.Done, TimeProvider.System.GetUtcNow());
        }

        return first;
    }

    private void Write(RunEvent.Progressed at, (int Before, DateTimeOffset Since) first, bool isOfRun)
    {
        Pulse pulse = new(
            at.Stage,
            at.What,
            at.Done,
            at.Total,
            at.Unit.ToString().ToLowerInvariant(),
            Environment.ProcessId,
            Environment.MachineName,
            TimeProvider.System.GetUtcNow(),
            first.Before,
            first.Since
        );
        string text = JsonSerializer.Serialize(pulse, JsonLines.Output) + "\n";
        try
        {
            foreach (string place in PlacesOf(at.Stage, isOfRun))
            {
                AtomicFile.WriteText(place, text);
            }
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e) || e is FulcrumException) { }
    }

    // A process that does single candidates writes only into their folders.
    private IEnumerable<string> PlacesOf(string name, bool isOfRun)
    {
        if (isOfRun && (run.IsWhole || run.Layout.Attempt is not null))
        {
            yield return run.Layout.At(FileName);
        }

        if (name.Split('/') is ["candidates", var candidate, ..] && run.Holds(candidate))
        {
            yield return run.Layout.At("candidates", candidate, FileName);
        }
    }
}
