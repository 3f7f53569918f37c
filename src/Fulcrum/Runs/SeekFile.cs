using System.Text.Json;
using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Statistics;

namespace Fulcrum.Runs;

/// <summary>The decisions of a search: <c>seek.json</c>.</summary>
/// <param name="Candidates">All candidates that are searched.</param>
/// <param name="Planned">The planned rounds.</param>
/// <param name="Rounds">The rounds that are complete.</param>
/// <param name="SecondsPerTraining">Of a full training, as the first short one took; null: the budget is no
/// time.</param>
/// <param name="SecondsPerMeasurement">Of measuring one training on the selection half; null: the budget is no
/// time.</param>
internal sealed record SeekFile(
    IReadOnlyList<string> Candidates,
    IReadOnlyList<HalvingRound> Planned,
    IReadOnlyList<SeekRound> Rounds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? SecondsPerTraining = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? SecondsPerMeasurement = null
)
{
    /// <summary>Its name in the run folder.</summary>
    public const string Name = "seek.json";

    /// <summary>Reads the file; null if it does not exist.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static SeekFile? Read(RunLayout run)
    {
        string? text = BoundedFile.ReadTextIfThere(run.At(Name));
        try
        {
            return text is null ? null : JsonSerializer.Deserialize<SeekFile>(text, SnakeCaseJson.Options);
        }
        catch (JsonException e)
        {
            throw new InputException($"{run.At(Name)}: damaged; remove it, and repeat the command to search again", e);
        }
    }

    /// <summary>Writes the file unless it holds the same plan already, perhaps with rounds that are complete.</summary>
    public void WriteUnlessPlanned(RunLayout run)
    {
        SeekFile? there = Read(run);
        if (there is null || !there.Candidates.SequenceEqual(Candidates) || !there.Planned.SequenceEqual(Planned))
        {
            Write(run);
        }
    }

    /// <summary>Writes the file.</summary>
    public void Write(RunLayout run) =>
        AtomicFile.WriteText(run.At(Name), JsonSerializer.Serialize(this, SnakeCaseJson.Options) + "\n");
}

/// <summary>One complete round.</summary>
/// <param name="Trained">The candidates that were trained and measured. A time budget may leave some out.</param>
/// <param name="Kept">Those of them that go into the next round, the best first.</param>
internal sealed record SeekRound(IReadOnlyList<string> Trained, IReadOnlyList<string> Kept);
