using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>The last failure of a stage: <c>failed.json</c>.</summary>
/// <param name="Message">The message of the exception.</param>
/// <param name="Time">When the stage failed.</param>
internal sealed record FailureFile(string Message, DateTimeOffset Time)
{
    /// <summary>Returns the file of a stage, relative to the run folder.</summary>
    public static string PathOf(StageNode node) =>
        node.Candidate is null ? $"failed/{node.Place.Replace('/', '-')}.json" : $"{node.Place}/failed.json";

    /// <summary>Returns why a stage failed; null if it did not.</summary>
    public static FailureFile? Read(RunLayout run, StageNode node) =>
        StoredJson.ReadIfThere<FailureFile>(run.At(PathOf(node)), "the failure of a stage");

    /// <summary>Does the work of a stage and records its failure. An interruption is no failure.</summary>
    public static void Record(RunLayout run, StageNode node, Action work)
    {
        string path = run.At(PathOf(node));
        if (File.Exists(path))
        {
            File.Delete(path);
        }

        try
        {
            work();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Write(path, e is FulcrumException ? e.Message : $"{e.GetType().Name}: {e.Message}");
            throw;
        }
    }

    private static void Write(string path, string message)
    {
        try
        {
            FailureFile failure = new(Printable.Message(message), TimeProvider.System.GetUtcNow());
            AtomicFile.WriteText(path, JsonSerializer.Serialize(failure, JsonLines.Output) + "\n");
        }
        catch (FulcrumException)
        {
            // The folder cannot be written. The failure itself says so.
        }
    }
}
