using System.Globalization;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>One row of the notebook's table.</summary>
/// <param name="Change">In percent of the value before: infinite or not a number where that is 0.</param>
internal sealed record RelativeRow(string Metric, double Before, double After, double Change)
{
    /// <summary>The change as the notebook prints it: <c>+24.5 %</c>, <c>-100 %</c>, <c>+inf %</c>, <c>nan
    /// %</c>.</summary>
    public string Printed =>
        double.IsNaN(Change) ? "nan %"
        : double.IsInfinity(Change) ? (Change > 0 ? "+inf %" : "-inf %")
        : Change.ToString("+0.##;-0.##;0", CultureInfo.InvariantCulture) + " %";
}

/// <summary>Change in percent of the value before, as the notebook prints it; where that is 0 the result says nothing,
/// and is shown all the same.</summary>
internal static class RelativeTable
{
    /// <summary>A row for each task, and below it a row for each group of those that are not the task.</summary>
    public static IReadOnlyList<RelativeRow> Of(RunReport report) =>
        [
            .. report.Shown.Tasks.SelectMany(b =>
                (IEnumerable<RelativeRow>)
                    [
                        Row(
                            $"{b.Task}, {report.Study.NamedTasks.First(p => p.Name == b.Task).Nouns().Score}",
                            b.Before,
                            b.After
                        ),
                        .. report.Study.Targets.Contains(b.Task)
                            ? []
                            : b.Groups.Select(g => Row($"{b.Task}, {g.Group}", g.Before, g.After)),
                    ]
            ),
        ];

    /// <summary>How many test cases of a task succeeded; null where no case has a threshold.</summary>
    public static string? Successes(string task, RunReport report)
    {
        IReadOnlyList<(Answer Before, Answer After)> answers = report.Answers[task];
        int before = answers.Count(a => a.Before.Success == true),
            after = answers.Count(a => a.After.Success == true);
        return answers.Any(p => p.After.Threshold is not null)
            ? report.Words.Say(
                $"Successful: {before} before, {after} after, of {answers.Count}.",
                $"Com sucesso: {before} antes, {after} depois, de {answers.Count}."
            )
            : null;
    }

    /// <summary>The relative change in percent, by the arithmetic of floating-point numbers.</summary>
    public static double Change(double before, double after) => (after - before) / before * 100;

    private static RelativeRow Row(string metric, ScoreInterval before, ScoreInterval after) =>
        new(metric, before.Score, after.Score, Change(before.Score, after.Score));
}
