using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>One row of a candidate's ability profile: the general tasks of one ability.</summary>
/// <param name="Name">The ability, or the name of the preset whose tasks are averaged.</param>
/// <param name="Tasks">The tasks, each counting the same.</param>
/// <param name="Before">Mean score of the base.</param>
/// <param name="After">Mean score of the candidate.</param>
/// <param name="Difference">After minus before, with the interval of a mean over tasks.</param>
/// <param name="WithinMargin">Whether the lower bound lies above the margin, and the base has something to lose on
/// every task.</param>
internal sealed record AbilityRow(
    string Name,
    IReadOnlyList<string> Tasks,
    double Before,
    double After,
    Difference Difference,
    bool WithinMargin
);

/// <summary>The general tasks of a study, ability by ability.</summary>
internal static class AbilityProfile
{
    private const double Level = 0.05;

    /// <summary>Returns a row for each ability in the order of the abilities, and one for the mean of a
    /// preset.</summary>
    /// <param name="results">Results of one candidate.</param>
    /// <param name="abilities">The ability of each general task that has one, by the task's name.</param>
    /// <param name="mean">A name and the tasks to be averaged under it; null: none.</param>
    /// <param name="margin">In points.</param>
    /// <returns>Null where there would be fewer than two rows: the table of tasks says it already.</returns>
    public static IReadOnlyList<AbilityRow>? Of(
        IReadOnlyList<PairedResult> results,
        IReadOnlyDictionary<string, Ability> abilities,
        (string Name, IReadOnlyList<string> Tasks)? mean,
        double margin
    )
    {
        PairedResult[] scored = [.. results.Where(r => r.HasScores)];
        AbilityRow[] rows =
        [
            .. scored
                .Where(r => abilities.ContainsKey(r.Task))
                .GroupBy(r => abilities[r.Task])
                .OrderBy(g => g.Key)
                .Select(g => Row(Data.EnumNames.Of(g.Key), [.. g], margin)),
            .. mean is var (name, tasks) && scored.Count(r => tasks.Contains(r.Task)) == tasks.Count
                ? new[] { Row(name, [.. scored.Where(r => tasks.Contains(r.Task))], margin) }
                : [],
        ];
        return rows.Length > 1 ? rows : null;
    }

    private static AbilityRow Row(string name, PairedResult[] tasks, double margin)
    {
        // Different tasks have different items, so their errors are independent.
        Difference difference = MeanEstimate.Of([.. tasks.Select(t => t.Estimands.Of(t.Estimand))], Level);
        return new AbilityRow(
            name,
            [.. tasks.Select(t => t.Task)],
            tasks.Average(t => t.Before.Score),
            tasks.Average(t => t.After.Score),
            difference,
            Lowest(tasks, difference) > -margin / 100 && !tasks.Any(t => Judgement.HasNothingToLose(t, margin / 100))
        );
    }

    // Bounds of few changed clusters have no standard error that could be combined. Their mean errs to the safe side.
    private static double Lowest(PairedResult[] tasks, Difference mean) =>
        tasks.Any(t => t.FewChanges is not null)
            ? Math.Min(mean.Low, tasks.Average(t => t.AgainstLimits.Low))
            : mean.Low;
}
