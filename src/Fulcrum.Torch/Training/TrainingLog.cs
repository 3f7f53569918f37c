using System.Text;
using System.Text.Json;
using Fulcrum.Data;

namespace Fulcrum.Torch.Training;

/// <summary><c>train.jsonl</c>: a line a step, on the disk before the next step begins.</summary>
internal sealed class TrainingLog : IDisposable
{
    private readonly FileStream stream;

    /// <summary>Opens the log and cuts it back to the step that training goes on from.</summary>
    public TrainingLog(string folder, int step)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "train.jsonl");
        string[] kept = File.Exists(path) ? [.. File.ReadLines(path).Take(step)] : [];
        AtomicFile.WriteText(path, string.Concat(kept.Select(l => l + "\n")));
        stream = new FileStream(path, FileMode.Append, FileAccess.Write);
    }

    /// <summary>Adds a step.</summary>
    public void Add(TrainingStep step)
    {
        stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(step, JsonLines.Output) + "\n"));
        stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
