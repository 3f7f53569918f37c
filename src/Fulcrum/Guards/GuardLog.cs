using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;

namespace Fulcrum.Guards;

/// <summary>What the guards of one stage saw; closing it stops the run where one failed that the study does not
/// override.</summary>
/// <param name="stage">Names the stage in the results.</param>
public sealed class GuardLog(string stage)
{
    /// <summary>The guards, in the order of the stages that try them.</summary>
    public static readonly IReadOnlyList<string> Names = GuardNames.All;

    /// <summary>Every gold answer, graded as if a model had given it, is right.</summary>
    public const string GoldAgainstGold = GuardNames.GoldAgainstGold;

    /// <summary>Every training example has something to be trained on, and fits.</summary>
    public const string CompletionTokens = GuardNames.CompletionTokens;

    /// <summary>No item of a benchmark stands in the training data.</summary>
    public const string TrainingOverlap = GuardNames.TrainingOverlap;

    /// <summary>No score lies significantly below guessing.</summary>
    public const string BelowChance = GuardNames.BelowChance;

    /// <summary>The base model of a known name scores about what was published for it.</summary>
    public const string PublishedBand = GuardNames.PublishedBand;

    /// <summary>Most written choices can be read as a choice.</summary>
    public const string UnparsableShare = GuardNames.UnparsableShare;

    /// <summary>The adapter changes what the model computes.</summary>
    public const string AdapterActive = GuardNames.AdapterActive;

    /// <summary>At scale 0 the adapter changes nothing.</summary>
    public const string LambdaZero = GuardNames.LambdaZero;

    /// <summary>Before and after were measured alike in everything but the adapter.</summary>
    public const string SameProtocol = GuardNames.SameProtocol;

    /// <summary>Measuring the same weights in other batches changes less than the study claims.</summary>
    public const string NoiseFloor = GuardNames.NoiseFloor;

    private readonly List<GuardResult> results = [];

    /// <summary>Everything reported so far.</summary>
    public IReadOnlyList<GuardResult> Results => results;

    /// <summary>Reports one guard's outcome.</summary>
    public void Report(string name, string? benchmark, bool holds, string message) =>
        results.Add(new GuardResult(name, stage, benchmark, holds ? "passed" : "failed", message));

    /// <summary>Reports why a guard does not apply here.</summary>
    public void NotApplicable(string name, string? benchmark, string why) =>
        results.Add(new GuardResult(name, stage, benchmark, "not-applicable", why));

    /// <summary>Writes the results, then stops where one failed.</summary>
    /// <param name="overridden">Names that the study overrides.</param>
    /// <exception cref="GuardException">A guard failed; says which, what it saw and how to override it.</exception>
    public void Close(string path, IReadOnlyList<string> overridden)
    {
        AtomicFile.WriteText(path, JsonSerializer.Serialize(results, SnakeCaseJson.Options) + "\n");
        Refuse(results, overridden);
    }

    /// <summary>Results as an earlier stage wrote them; empty where it wrote none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyList<GuardResult> Read(string path) =>
        StoredJson.ReadIfThere<GuardResult[]>(path, "the results of guards") ?? [];

    /// <summary>The results with the study's word on them: what failed and is overridden says so.</summary>
    public static IReadOnlyList<GuardResult> Overridden(
        IEnumerable<GuardResult> results,
        IReadOnlyList<string> overridden
    ) =>
        [
            .. results.Select(r =>
                r.Status == "failed" && overridden.Contains(r.Name) ? r with { Status = "overridden" } : r
            ),
        ];

    /// <exception cref="GuardException">One failed that is not overridden.</exception>
    public static void Refuse(IEnumerable<GuardResult> results, IReadOnlyList<string> overridden)
    {
        GuardResult[] failed = [.. Overridden(results, overridden).Where(r => r.Status == "failed")];
        if (failed.Length > 0)
        {
            string names = string.Join(", ", failed.Select(f => $"\"{f.Name}\"").Distinct());
            throw new GuardException(
                $"{string.Join("; ", failed.Select(f => $"guard {f.Name}: {f.Message}"))}. "
                    + $"To go on all the same, put {names} into the study's overrideGuards; the report will show it"
            );
        }
    }
}
