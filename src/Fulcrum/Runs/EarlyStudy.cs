using System.Collections.Concurrent;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The comparison of a study with early decision: each candidate on the items that it was asked, with the
/// interval of the look that ended its task.</summary>
internal sealed class EarlyStudy
{
    private readonly Study study;
    private readonly LooksFile file;
    private readonly PointAnswers before;
    private readonly Dictionary<string, LookPlan> plans;
    private readonly ConcurrentDictionary<(string Task, int Asked), Lazy<WithoutKnowledge?>> floors = [];

    /// <param name="file">How far each task was asked.</param>
    /// <param name="before">The answers of the base.</param>
    public EarlyStudy(Study study, LooksFile file, PointAnswers before)
    {
        (this.study, this.file, this.before) = (study, file, before);
        plans = file.Tasks.ToDictionary(t => t.Key, t => LookPlan.Of(t.Value.Looks), StringComparer.Ordinal);
    }

    /// <summary>Compares one task at the level of the look that ended it.</summary>
    public PairedResult Compare(TaskPlan task, PointAnswers candidate, ComparisonSettings settings)
    {
        (IReadOnlyList<Answer> first, IReadOnlyList<Answer> second) = Sides(task, candidate);
        EarlyResult early = EarlyComparison.Of(
            task.Name,
            plans[task.Name],
            second.Count,
            first,
            second,
            StudyComparison.RuleOf(study, task)
        );
        Lazy<WithoutKnowledge?> floor = floors.GetOrAdd(
            (task.Name, second.Count),
            _ => new(() => WithoutKnowledge.Of(first, settings.Estimand, ComparisonSettings.Usual))
        );
        settings = settings with { Level = early.Looks[^1].Level, Floor = floor };
        return PairedComparison.Of(task.Name, first, second, settings) with { Early = early };
    }

    /// <summary>Compares all candidates with bounds that hold for all of them together. Each candidate has its own
    /// items, so the error is divided by the number of candidates (Bonferroni) before it is spent over the
    /// looks.</summary>
    public CandidateFamily Family(TaskPlan task, PointAnswers[] candidates)
    {
        LookPlan joint = LookPlan.Of(plans[task.Name].Asked, GroupSequential.Error / candidates.Length);
        (CandidateDifference Difference, PairedResult Own)[] each =
        [
            .. candidates.Select(c => Difference(task, c, joint)),
        ];
        PairedResult longest = each.Select(e => e.Own).MaxBy(r => r.Items)!;
        return new CandidateFamily(
            task.Name,
            longest.Items,
            longest.Unscored,
            longest.Clusters,
            longest.Before,
            longest.Estimand,
            [.. each.Select(e => e.Difference)]
        );
    }

    private (CandidateDifference, PairedResult) Difference(TaskPlan task, PointAnswers candidate, LookPlan joint)
    {
        (IReadOnlyList<Answer> first, IReadOnlyList<Answer> second) = Sides(task, candidate);
        int look = joint.Asked.ToList().IndexOf(second.Count);
        ComparisonSettings Settings(LookPlan plan) =>
            new(Estimand: task.Generalises(), Level: Student.NormalTwoSided(plan.Boundaries[look]));
        PairedResult own = PairedComparison.Of(task.Name, first, second, Settings(plans[task.Name]));
        PairedResult together = PairedComparison.Of(task.Name, first, second, Settings(joint));
        SimultaneousBounds bounds = new(together.Difference.Low, together.Difference.High);
        SimultaneousBounds? few = together.FewChanges is { } f ? new SimultaneousBounds(f.Low, f.High) : null;
        return (
            new CandidateDifference(candidate.Name, own.After, own.Difference, bounds) { AgainstMargin = few },
            own
        );
    }

    /// <summary>The answers of both sides to the items that the candidate was asked.</summary>
    private (IReadOnlyList<Answer> Before, IReadOnlyList<Answer> After) Sides(TaskPlan task, PointAnswers candidate)
    {
        int asked = file.Tasks[task.Name].Candidates[candidate.Name];
        return ([.. before.Answers[task.Name].Take(asked)], [.. candidate.Answers[task.Name].Take(asked)]);
    }
}
