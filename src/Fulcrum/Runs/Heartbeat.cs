using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary><c>heartbeat.json</c> in the run folder: where the run is, renewed by progress alone, so that a run that
/// hangs can be told from one that works.</summary>
/// <param name="path">The file.</param>
internal sealed class Heartbeat(string path)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
    private long last;
    private string stage = "";

    /// <summary>Writes the file when it is older than two seconds or the stage is another; a disk that is full does not
    /// stop the run here.</summary>
    /// <returns>Whether it was time to.</returns>
    public bool Tell(Progress at)
    {
        if (at.Stage == stage && Stopwatch.GetElapsedTime(last) < Between)
        {
            return false;
        }

        (stage, last) = (at.Stage, Stopwatch.GetTimestamp());
        try
        {
            string beside = path + ".new";
            File.WriteAllText(
                beside,
                JsonSerializer.Serialize(
                    new
                    {
                        at.Stage,
                        at.What,
                        at.Done,
                        at.Total,
                        at.Unit,
                        Process = Environment.ProcessId,
                        Time = TimeProvider.System.GetUtcNow(),
                    },
                    JsonLines.Output
                ) + "\n"
            );
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            // The next stage that must write will say it.
        }

        return true;
    }
}
