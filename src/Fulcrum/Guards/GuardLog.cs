using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;

namespace Fulcrum.Guards;

/// <summary>The findings of the guards of one stage. Closing it stops the run if one failed that the study does not
/// override.</summary>
/// <param name="stage">Names the stage in the results.</param>
internal sealed class GuardLog(string stage)
{
    /// <summary>The guards, in the order of the stages that try them.</summary>
    public static readonly IReadOnlyList<string> Names = GuardNames.All;

    /// <summary>Every reference answer, graded as if a model had given it, is correct.</summary>
    public const string GoldAgainstGold = GuardNames.GoldAgainstGold;

    /// <summary>Every training example has a trained token and fits the length limit.</summary>
    public const string CompletionTokens = GuardNames.CompletionTokens;

    /// <summary>No item of a task occurs in the training data.</summary>
    public const string TrainingOverlap = GuardNames.TrainingOverlap;

    /// <summary>No score is significantly lower than without knowledge.</summary>
    public const string BelowChance = GuardNames.BelowChance;

    /// <summary>The base model of a known name scores about what was published for it.</summary>
    public const string PublishedBand = GuardNames.PublishedBand;

    /// <summary>Most written choices can be parsed.</summary>
    public const string UnparsableShare = GuardNames.UnparsableShare;

    /// <summary>The adapter changes what the model computes.</summary>
    public const string AdapterActive = GuardNames.AdapterActive;

    /// <summary>At lambda 0 the adapter changes nothing.</summary>
    public const string LambdaZero = GuardNames.LambdaZero;

    /// <summary>Base and candidate were measured under the same protocol, except for the adapter.</summary>
    public const string SameProtocol = GuardNames.SameProtocol;

    /// <summary>Re-evaluation in other batches changes less than the study claims.</summary>
    public const string NoiseFloor = GuardNames.NoiseFloor;

    private readonly List<GuardResult> results = [];

    /// <summary>Everything reported so far.</summary>
    public IReadOnlyList<GuardResult> Results => results;

    /// <summary>Reports one guard's outcome.</summary>
    public void Report(string name, string? benchmark, bool holds, string message) =>
        results.Add(new GuardResult(name, stage, benchmark, holds ? GuardStatus.Passed : GuardStatus.Failed, message));

    /// <summary>Reports why a guard does not apply here.</summary>
    public void NotApplicable(string name, string? benchmark, string why) =>
        results.Add(new GuardResult(name, stage, benchmark, GuardStatus.NotApplicable, why));

    /// <summary>Reports why a guard had nothing to look at.</summary>
    public void NotChecked(string name, string? benchmark, string why) =>
        results.Add(new GuardResult(name, stage, benchmark, GuardStatus.NotChecked, why));

    /// <summary>Writes the results, then stops where one failed.</summary>
    /// <param name="study">Says which guards it overrides, and how its settings are named.</param>
    /// <exception cref="GuardException">A guard failed; names it, its finding and how to override it.</exception>
    public void Close(string path, Study study)
    {
        AtomicFile.WriteText(path, JsonSerializer.Serialize(results, SnakeCaseJson.Options) + "\n");
        Refuse(results, study);
    }

    /// <summary>Reads the results of an earlier stage; empty if it wrote none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyList<GuardResult> Read(string path) =>
        StoredJson.ReadIfThere<GuardResult[]>(path, "the results of guards") ?? [];

    /// <summary>Returns the results with the study's overrides: a failed guard that is overridden gets that
    /// status.</summary>
    public static IReadOnlyList<GuardResult> Overridden(
        IEnumerable<GuardResult> results,
        IReadOnlyList<string> overridden
    ) =>
        [
            .. results.Select(r =>
                r.Status == GuardStatus.Failed && overridden.Contains(r.Name)
                    ? r with
                    {
                        Status = GuardStatus.Overridden,
                    }
                    : r
            ),
        ];

    /// <exception cref="GuardException">One failed that the study does not override.</exception>
    public static void Refuse(IEnumerable<GuardResult> results, Study study)
    {
        GuardResult[] failed =
        [
            .. Overridden(results, study.OverrideGuards ?? []).Where(r => r.Status == GuardStatus.Failed),
        ];
        if (failed.Length > 0)
        {
            string how = study.Named.Override([.. failed.Select(f => f.Name).Distinct()]);
            throw new GuardException(
                $"{string.Join("; ", failed.Select(f => $"guard {f.Name}: {f.Message}"))}. "
                    + $"To run anyway, {how}; the report will show it"
            );
        }
    }
}
