using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Runs;

/// <summary>How far every task was asked in a study with early decision: <c>looks.json</c>.</summary>
/// <param name="Tasks">By task.</param>
internal sealed record LooksFile(IReadOnlyDictionary<string, AskedTaskLooks> Tasks)
{
    /// <summary>Reads the file of a run.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public static LooksFile Read(RunLayout run)
    {
        try
        {
            return JsonSerializer.Deserialize<LooksFile>(BoundedFile.ReadText(run.Looks), SnakeCaseJson.Options)
                ?? throw new InputException($"{run.Looks}: holds null");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(
                $"{run.Looks}: missing or damaged. Repeat the command that made the run to recreate it",
                e
            );
        }
    }

    /// <summary>Writes the file.</summary>
    public void Write(RunLayout run) =>
        AtomicFile.WriteText(run.Looks, JsonSerializer.Serialize(this, SnakeCaseJson.Options) + "\n");
}

/// <summary>How far one task was asked.</summary>
/// <param name="Looks">Items at each planned look; the last are all items.</param>
/// <param name="Base">Items that the base was asked.</param>
/// <param name="Candidates">By candidate, the items that it was asked.</param>
internal sealed record AskedTaskLooks(IReadOnlyList<int> Looks, int Base, IReadOnlyDictionary<string, int> Candidates);
