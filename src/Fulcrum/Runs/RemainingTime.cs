namespace Fulcrum.Runs;

/// <summary>A stage of a run.</summary>
/// <param name="Seconds">How long it took; null: not complete.</param>
internal sealed record TimedStage(string Name, double? Seconds)
{
    /// <summary>Reads a stage's manifest.</summary>
    public static TimedStage Of(RunLayout run, string name) => new(name, run.Completed(name)?.Seconds);
}

/// <summary>Estimates when a run is complete, from its complete stages and the parts in progress.</summary>
internal static class RemainingTime
{
    /// <summary>Returns the remaining seconds. A stage that has not begun is assumed to take the mean time of the
    /// complete and current stages of its kind. Null while a kind has no such stage, and while no stage is in
    /// progress.</summary>
    /// <param name="work">The stages in progress. As many are assumed to be done at the same time.</param>
    public static double? Of(IReadOnlyList<TimedStage> stages, IReadOnlyList<Pulse> work)
    {
        double total = 0;
        foreach (TimedStage stage in stages.Where(s => s.Seconds is null && SortOf(s.Name) is not null))
        {
            // A stage that has just begun has no rate.
            double? left = work.FirstOrDefault(w => w.Stage == stage.Name)?.Remaining ?? Usual(stage, stages, work);
            if (left is not { } seconds)
            {
                return null;
            }

            total += seconds;
        }

        return work.Count == 0 ? null : total / work.Count;
    }

    private static double? Usual(TimedStage stage, IReadOnlyList<TimedStage> stages, IReadOnlyList<Pulse> work)
    {
        double[] known =
        [
            .. stages.Where(s => SortOf(s.Name) == SortOf(stage.Name)).Select(s => s.Seconds).OfType<double>(),
            .. work.Where(w => SortOf(w.Stage) == SortOf(stage.Name) && w.Rate > 0)
                .Select(w => w.Total / w.Rate!.Value),
        ];
        return known.Length > 0 ? known.Average() : null;
    }

    // Stages that take almost no time have no kind.
    private static string? SortOf(string stage) =>
        stage.EndsWith("/obtain", StringComparison.Ordinal) ? "obtain"
        : stage == RunLayout.Base || stage.EndsWith("/measure", StringComparison.Ordinal) ? "measure"
        : null;
}
