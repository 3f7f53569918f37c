using System.Text;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Torch.Training;

/// <summary><c>train.jsonl</c>: a line a step, handed to the system before the next step begins.</summary>
internal sealed class TrainingLog : IDisposable
{
    private readonly FileStream stream;

    /// <summary>Opens the log and truncates it to the step from which training is resumed.</summary>
    public TrainingLog(string folder, int step)
    {
        string path = PathIn(folder);
        string[] kept = File.Exists(path) ? [.. BoundedFile.ReadLines(path, longestLine: 1 << 16).Take(step)] : [];
        AtomicFile.WriteText(path, string.Concat(kept.Select(l => l + "\n")));
        stream = GrowingFile.Open(path);
        _ = stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>How many steps a folder's log holds, from the first on, without a damaged or missing line.</summary>
    public static int StepsIn(string folder) =>
        File.Exists(PathIn(folder))
            ? BoundedFile
                .ReadLines(PathIn(folder), longestLine: 1 << 16)
                .TakeWhile((line, i) => StepOf(line) == i + 1)
                .Count()
            : 0;

    /// <summary>The losses on held-out examples that the first steps of a folder's log hold, in order.</summary>
    public static IReadOnlyList<double> ValidationLossesIn(string folder, int steps) =>
        File.Exists(PathIn(folder))
            ?
            [
                .. BoundedFile
                    .ReadLines(PathIn(folder), longestLine: 1 << 16)
                    .Take(steps)
                    .Select(Parsed)
                    .Where(s => s?.ValidationLoss is not null)
                    .Select(s => s!.ValidationLoss!.Value),
            ]
            : [];

    /// <summary>Adds a step.</summary>
    public void Add(TrainingStep step)
    {
        stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(step, JsonLines.Output) + "\n"));
        stream.Flush();
    }

    /// <summary>Flushes the log to disk, so that a checkpoint never refers to steps that the log has lost.</summary>
    public void Keep() => stream.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private static string PathIn(string folder) => Path.Combine(folder, "train.jsonl");

    private static int StepOf(string line) => Parsed(line)?.Step ?? 0;

    private static TrainingStep? Parsed(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingStep>(line, JsonLines.Output);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
