using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>What <c>prepare</c> can say before anything is measured, in sentences for a reader who sees them for the
/// first time.</summary>
internal static class PreparationSummary
{
    /// <summary>Which checks were made, and how they ended.</summary>
    public static string Of(GuardLog log, IReadOnlyList<string> overridden)
    {
        IReadOnlyList<GuardResult> results = GuardLog.Overridden(log.Results, overridden);
        string Named(string status) =>
            string.Join(", ", results.Where(r => r.Status == status).Select(r => r.Name).Distinct());
        string broken = Named("overridden");
        string passed = Named("passed");
        return $"checks passed: {(passed.Length > 0 ? passed : "none")}"
            + $"{(broken.Length > 0 ? $"; failed, but overridden by the study: {broken}" : "")} "
            + "(guards/prepare.json tells what each saw)";
    }

    /// <summary>What the samples can show, and a warning where that is less than what is wanted.</summary>
    /// <param name="looking">By benchmark, the difference in points that <c>--require</c> names.</param>
    public static IEnumerable<RunEvent> Of(Study study, Corpus data, IReadOnlyDictionary<string, double>? looking)
    {
        List<TaskPower> general = [];
        foreach (ITask b in data.Tasks)
        {
            bool required = looking?.ContainsKey(b.Name) == true;
            double? wanted =
                required ? looking![b.Name]
                : study.Targets.Contains(b.Name) ? null
                : study.Margin;
            int[] clusters =
            [
                .. b
                    .Items.DistinctBy(i => i.Stem ?? i.Id, StringComparer.Ordinal)
                    .GroupBy(i => i.Cluster, StringComparer.Ordinal)
                    .Select(g => g.Count()),
            ];
            TaskPower power = TaskPower.Before(
                b.Name,
                clusters,
                study.NamedTasks.First(p => p.Name == b.Name).Estimand(),
                wanted
            );
            general.AddRange(required || study.Targets.Contains(b.Name) ? [] : [power]);
            yield return new RunEvent.Noted(
                $"{b.Name}: {power.Items} items{(power.Clusters > 1 ? $" in {power.Clusters} clusters" : "")}"
                    + $". Minimum detectable difference (80% power): {Effects(power)}"
            );
            if (!power.Sees)
            {
                yield return new RunEvent.Warned(
                    $"{b.Name}: this sample is too small to detect {wanted:0.#} points, "
                        + $"{(required ? "which --require asks for" : "the study's margin")}: "
                        + $"if training changes 10% of the answers it detects {Points(power.Expected[1])}. "
                        + "The run continues, but its verdict may be \"inconclusive\". More items would help"
                );
            }

            if (required && power.Expected[1].Points is { } detected)
            {
                yield return new RunEvent.Noted(
                    $"{b.Name}: to show {wanted:0.#} points, the true difference must be "
                        + $"about {wanted + detected * 100:0.0} points"
                );
            }
        }

        if (general.Count > 1)
        {
            yield return new RunEvent.Noted(
                $"If no general task changes, all {general.Count} are shown to lie within the margin with a "
                    + $"probability of {TaskPower.OfAll(general) * 100:0}%"
            );
        }
    }

    /// <summary>Only what can be: where all changed items together cannot be detected, no figure is given.</summary>
    private static string Effects(TaskPower power)
    {
        DetectableEffect[] possible = [.. power.Expected.Where(e => e.Points is not null)];
        return possible.Length == 0
            ? "more than a training usually changes"
            : string.Join(
                ", ",
                possible.Select(
                    (e, i) =>
                        $"{e.Points * 100:0.0} {(i == 0 ? "points " : "")}if training "
                        + $"changes {e.Discordance * 100:0}% of the answers"
                )
            );
    }

    private static string Points(DetectableEffect effect) =>
        effect.Points is { } points ? $"{points * 100:0.0} points and more" : "no difference at all";
}
