using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>Writes <c>heartbeat.json</c> in the run folder: the current stage and its progress. Only progress renews
/// the file, so an old file means that the run hangs.</summary>
/// <param name="path">The file.</param>
internal sealed class Heartbeat(string path)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
    private long last;
    private string stage = "";

    /// <summary>Writes the file if it is older than two seconds or the stage has changed. A full disk does not stop the
    /// run here: the next stage that must write reports it.</summary>
    /// <returns>True if the file had to be written.</returns>
    public bool Report(RunEvent.Progressed at)
    {
        if (at.Stage == stage && Stopwatch.GetElapsedTime(last) < Between)
        {
            return false;
        }

        (stage, last) = (at.Stage, Stopwatch.GetTimestamp());
        try
        {
            var content = new
            {
                at.Stage,
                at.What,
                at.Done,
                at.Total,
                Unit = at.Unit.ToString().ToLowerInvariant(),
                Process = Environment.ProcessId,
                Time = TimeProvider.System.GetUtcNow(),
            };
            AtomicFile.WriteText(path, JsonSerializer.Serialize(content, JsonLines.Output) + "\n");
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            return true;
        }

        return true;
    }
}
