using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.View;

/// <summary>The part of a run that is at work, as its <c>heartbeat.json</c> tells.</summary>
/// <param name="Stage">The stage, as <c>candidates/rank8/measure</c>.</param>
/// <param name="What">The part of the stage: a task, the loss.</param>
/// <param name="Total">Units in all; 0 while unknown.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Time">When the file was written.</param>
/// <param name="Rate">Units per second; null while unknown.</param>
internal sealed record Progress(
    string Stage,
    string What,
    int Done,
    int Total,
    string Unit,
    DateTimeOffset Time,
    double? Rate
)
{
    /// <summary>Seconds until the part is done; null while unknown.</summary>
    public double? Remaining => Rate is > 0 and { } rate && Total >= Done ? (Total - Done) / rate : null;
}

/// <summary>Reads progress files, and remembers the first state of each part to compute its rate.</summary>
internal sealed class ProgressReader
{
    private const int LargestFile = 1 << 16,
        MostParts = 10_000;
    private readonly Dictionary<string, (int Done, DateTimeOffset Time)> first = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Returns what is at work: in the run, or in several candidates at the same time. The newest comes
    /// first.</summary>
    public IReadOnlyList<Progress> Read(RunLayout run, IEnumerable<string> candidates) =>
        [
            .. candidates
                .Select(c => run.At("candidates", c, "heartbeat.json"))
                .Prepend(run.At("heartbeat.json"))
                .Select(Read)
                .OfType<Progress>()
                .GroupBy(p => p.Stage, StringComparer.Ordinal)
                .Select(g => g.MaxBy(p => p.Time)!)
                .OrderByDescending(p => p.Time),
        ];

    private Progress? Read(string path)
    {
        try
        {
            return
                BoundedFile.ReadTextIfThere(path, LargestFile) is { } text && StrictJson.Parse(text) is JsonObject found
                ? Parse(path, found)
                : null;
        }
        catch (Exception e) when (e is InputException or JsonException or InvalidOperationException or FormatException)
        {
            return null; // the file is replaced while it is read, or damaged: the next reading shows more
        }
    }

    private Progress? Parse(string path, JsonObject found)
    {
        if (found["stage"] is not { } stage || found["time"] is not { } time)
        {
            return null;
        }

        Progress at = new(
            (string)stage!,
            (string?)found["what"] ?? "",
            (int?)found["done"] ?? 0,
            (int?)found["total"] ?? 0,
            (string?)found["unit"] ?? "",
            (DateTimeOffset)time!,
            null
        );
        (int done, DateTimeOffset since) =
            found["before"] is { } before && found["since"] is { } begun
                ? ((int)before!, (DateTimeOffset)begun!)
                : FirstOf($"{path}\n{at.Stage}\n{(at.Unit == "steps" ? "" : at.What)}", at);
        double seconds = (at.Time - since).TotalSeconds;
        return at with { Rate = seconds > 0 && at.Done > done ? (at.Done - done) / seconds : null };
    }

    private (int Done, DateTimeOffset Time) FirstOf(string part, Progress at)
    {
        lock (gate)
        {
            if (first.Count > MostParts)
            {
                first.Clear();
            }

            if (!first.TryGetValue(part, out (int Done, DateTimeOffset Time) seen) || seen.Done > at.Done)
            {
                first[part] = seen = (at.Done, at.Time);
            }

            return seen;
        }
    }
}
