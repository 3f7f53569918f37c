using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;

namespace Fulcrum.Guards;

/// <summary>Collects the findings of the guards of one stage. <see cref="Close"/> stops the run if a guard failed that
/// the study does not override.</summary>
/// <param name="stage">Names the stage in the results.</param>
internal sealed class GuardLog(string stage)
{
    private readonly List<GuardResult> results = [];

    /// <summary>Everything reported so far.</summary>
    public IReadOnlyList<GuardResult> Results => results;

    /// <summary>Reports one guard's outcome.</summary>
    public void Report(string name, string? benchmark, bool holds, string message) =>
        results.Add(new GuardResult(name, stage, benchmark, holds ? GuardStatus.Passed : GuardStatus.Failed, message));

    /// <summary>Reports why a guard does not apply here.</summary>
    public void NotApplicable(string name, string? benchmark, string why) =>
        results.Add(new GuardResult(name, stage, benchmark, GuardStatus.NotApplicable, why));

    /// <summary>Reports why a guard could not check anything.</summary>
    public void NotChecked(string name, string? benchmark, string why) =>
        results.Add(new GuardResult(name, stage, benchmark, GuardStatus.NotChecked, why));

    /// <summary>Writes the results, then throws if a guard failed.</summary>
    /// <param name="study">The study, which may override guards.</param>
    /// <exception cref="GuardException">A guard failed. The message names it, its finding and how to override
    /// it.</exception>
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
