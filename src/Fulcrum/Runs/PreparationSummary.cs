using System.Globalization;
using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The pre-run summary: guards, minimum detectable differences and statistical power, as sentences.</summary>
internal static class PreparationSummary
{
    /// <summary>Returns the names of the guards that passed and of those that the study overrides.</summary>
    public static string Of(GuardLog log, IReadOnlyList<string> overridden)
    {
        IReadOnlyList<GuardResult> results = GuardLog.Overridden(log.Results, overridden);
        string Named(GuardStatus status) =>
            string.Join(", ", results.Where(r => r.Status == status).Select(r => r.Name).Distinct());
        string broken = Named(GuardStatus.Overridden);
        string passed = Named(GuardStatus.Passed);
        string skipped = Skipped(results);
        return $"checks passed: {(passed.Length > 0 ? passed : "none")}"
            + $"{(skipped.Length > 0 ? $"; not checked: {skipped}" : "")}"
            + $"{(broken.Length > 0 ? $"; failed, but overridden by the study: {broken}" : "")} "
            + "(guards/prepare.json tells what each saw)";
    }

    // Each guard with its own reason; those with the same reason together.
    private static string Skipped(IReadOnlyList<GuardResult> results) =>
        string.Join(
            "; ",
            results
                .Where(r => r.Status == GuardStatus.NotChecked)
                .DistinctBy(r => r.Name)
                .GroupBy(r => r.Message)
                .Select(g => $"{string.Join(", ", g.Select(r => r.Name))}, because {g.Key}")
        );

    /// <summary>What the samples can show, and a warning where that is less than what is wanted.</summary>
    /// <param name="settings">The requirements.</param>
    public static IEnumerable<RunEvent> Of(Study study, Corpus data, ExperimentSettings settings)
    {
        List<TaskPower> general = [];
        foreach (ITask task in data.Tasks)
        {
            bool isRequired = settings.Looking?.ContainsKey(task.Name) == true,
                isTarget = study.Targets.Contains(task.Name);
            double? wanted =
                isRequired ? settings.Looking![task.Name]
                : isTarget ? null
                : study.Margin;
            TaskPlan plan = study.NamedTasks.First(p => p.Name == task.Name);
            TaskPower power = TaskPower.Before(task.Name, ClusterSizes(task), plan.Generalises(), wanted);
            if (!isRequired && !isTarget)
            {
                general.Add(power);
            }

            yield return new RunEvent.Noted(Detectable(power, plan, task.Items.Count));
            if (power.Sees == false)
            {
                yield return new RunEvent.Warned(TooSmall(power, wanted, isRequired)) { IsStatedElsewhere = true };
            }

            foreach (RequiredBound bound in settings.Required?.GetValueOrDefault(task.Name) ?? [])
            {
                yield return new RunEvent.Noted(Needed(task.Name, bound, power.Expected[1]));
            }
        }

        // Of a single task the warning above has the same figure.
        if (general is not ([] or [{ Sees: false }]))
        {
            yield return new RunEvent.Noted(Whole(general, study));
        }

        if (study.Decide)
        {
            yield return new RunEvent.Noted(
                "Each task is asked only until its decision is made. The power is at most 4 points lower "
                    + "than with all items"
            );
        }
    }

    // Items with the same stem are one question, so they count once.
    private static int[] ClusterSizes(ITask task) =>
        [
            .. task
                .Items.DistinctBy(i => i.Stem ?? i.Id, StringComparer.Ordinal)
                .GroupBy(i => i.Cluster, StringComparer.Ordinal)
                .Select(cluster => cluster.Count()),
        ];

    private static string Detectable(TaskPower power, TaskPlan plan, int items)
    {
        string clusters = power.Clusters > 1 ? $" in {power.Clusters} {Many(plan)}" : "";
        string assumed =
            power.DesignEffect > 1 ? $", design effect {power.DesignEffect:0.#} until the answers show it" : "";
        return $"{power.Task}: {Counted(power.Items, items)}{clusters}. "
            + $"Minimum detectable difference (80% power{assumed}): {Effects(power)}";
    }

    private const string Undecided = "The others end without a decision, however large the gain on the target is";

    private static string TooSmall(TaskPower power, double? wanted, bool isRequired) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{power.Task}: this sample is too small to detect {wanted:0.#} points, "
                + $"{(isRequired ? "which --require asks for" : "the margin")}. If nothing is gained or lost "
                + $"(10% of the answers change, half of them for the better), only "
                + $"{Math.Floor(power.Chance!.Value * 100):0}% of studies of this size rule out a "
                + $"difference of {wanted:0.#} points, and 80% are usual. "
                + $"{(isRequired ? "The others do not show what is asked for" : Undecided)}. "
                + $"The run continues. More items would help"
        );

    private static string Counted(int questions, int items) =>
        questions == items ? $"{items} items" : $"{questions} questions ({items} items asked)";

    private static string Many(TaskPlan plan) => TaskNouns.Several(plan.Nouns().Cluster.English);

    /// <summary>What must be true so that a requirement is met with a power of 80%.</summary>
    private static string Needed(string task, RequiredBound bound, DetectableEffect detectable)
    {
        string demand = string.Create(
            CultureInfo.InvariantCulture,
            $"{(bound.AtLeast ? "at least" : "at most")} {bound.Points:+0.#;-0.#;0} points"
        );
        return detectable.Points is { } points
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{task}: --require asks for {demand}. To show that in 8 of 10 studies, the true difference "
                    + $"must be about {bound.Points + (bound.AtLeast ? points : -points) * 100:+0.0;-0.0;0.0} "
                    + $"points if training changes 10% of the answers"
            )
            : $"{task}: --require asks for {demand}, which this sample cannot show";
    }

    /// <summary>The power of the whole verdict: every general task must be shown to lie within the margin.</summary>
    private static string Whole(List<TaskPower> general, Study study)
    {
        string one = general.Count == 1 ? "the general task" : $"all {general.Count} general tasks",
            whose = study.Candidates.Count == 1 ? "the candidate" : "a candidate";
        double shown = Math.Floor(TaskPower.OfAll(general) * 100);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Suppose {whose} loses nothing on {one}: 10% of the answers change, half of them for the better. "
                + $"Then {(shown >= 99 ? "nearly every study" : $"{shown:0}% of studies")} of this size can show that "
                + $"the loss is {study.Margin:0.#} points or less. {Else(shown)}"
        );
    }

    private static string Else(double shown) =>
        shown >= 99
            ? "So the general tasks will hardly keep a good candidate from being accepted"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The other {100 - shown:0}% end without a decision, however large the gain on the target is"
            );

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
}
