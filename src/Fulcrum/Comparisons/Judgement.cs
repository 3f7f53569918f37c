using System.Globalization;
using System.Text.Json.Serialization;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>What follows from the differences and the margin.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VerdictKind>))]
public enum VerdictKind
{
    /// <summary>Neither of the others is shown.</summary>
    [JsonStringEnumMemberName("inconclusive")]
    Inconclusive,

    /// <summary>A gain on every target is shown, and every general task's loss is shown to lie within the
    /// margin.</summary>
    [JsonStringEnumMemberName("accept")]
    Accept,

    /// <summary>A target is shown not to gain, or a loss is shown to exceed the margin.</summary>
    [JsonStringEnumMemberName("reject")]
    Reject,
}

/// <summary>What one task's interval shows about its limit.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskJudgement>))]
public enum TaskJudgement
{
    /// <summary>The interval allows both answers.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>A target's gain is shown.</summary>
    [JsonStringEnumMemberName("gained")]
    Gained,

    /// <summary>A target is shown not to gain.</summary>
    [JsonStringEnumMemberName("not-gained")]
    NotGained,

    /// <summary>A general task's loss is shown to lie within the margin.</summary>
    [JsonStringEnumMemberName("within-margin")]
    WithinMargin,

    /// <summary>A general task's loss is shown to exceed the margin.</summary>
    [JsonStringEnumMemberName("beyond-margin")]
    BeyondMargin,

    /// <summary>The base's score on a general task cannot be told from the score without knowledge (chance, or the best
    /// constant answer), or lies so little above it that no loss could exceed the margin. Whatever the interval shows,
    /// it shows nothing about forgetting.</summary>
    [JsonStringEnumMemberName("no-evidence")]
    NoEvidence,
}

/// <summary>The first line of a report.</summary>
/// <param name="Margin">In points, as the study states it.</param>
/// <param name="Findings">One finding per task, targets first.</param>
public sealed record Verdict(VerdictKind Kind, double Margin, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether nothing general was measured: then only the gain is shown.</summary>
    [JsonIgnore]
    public bool GainOnly => Findings.All(f => f.Role == TaskRole.Target);

    /// <summary>Whether no item of any task has another score than before.</summary>
    [JsonIgnore]
    internal bool NothingChanged => Findings.Count > 0 && Findings.All(f => f.IsUnchanged);
}

/// <summary>What the interval of one task shows.</summary>
/// <param name="Difference">After minus before.</param>
public sealed record Finding(string Task, TaskRole Role, Change Change, TaskJudgement Judgement, Difference Difference)
{
    /// <summary>Whether every item has the same score on both sides.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool IsUnchanged { get; init; }
}

/// <summary>The verdict that follows from the differences and the margin, and from nothing else.</summary>
internal static class Judgement
{
    /// <summary>The one-sided level at which a task is shown to fail.</summary>
    internal const double OneSided = 0.025;

    /// <summary>Returns for each task the one-sided p of the hypothesis that it is in order, adjusted by Holm's method:
    /// below <see cref="OneSided"/> it is shown to fail.</summary>
    internal static IReadOnlyList<double> Failing(
        IReadOnlyList<PairedResult> results,
        IReadOnlyList<TaskRole> roles,
        double margin
    ) => Proportion.Holm([.. results.Select((r, i) => FailingP(r, roles[i], margin / 100))]);

    /// <summary>
    /// Accepts where every target's gain and every general task's small loss are shown: all of several hypotheses have
    /// to hold, so each is tested at its full level (intersection-union test; Berger 1982, Technometrics 24:295).
    /// Rejects where one of them is shown to fail: one of several is enough, so their one-sided p are adjusted by
    /// Holm's method. Where one side alone left more than 1% of the items unscored, a judgement must hold whether these
    /// items are counted for or against it. A general task on which the base has nothing to
    /// lose is no evidence, so it keeps the study from being accepted. Tasks without scores take no part.
    /// </summary>
    /// <param name="targets">Tasks that the model is specialised for; the others are general.</param>
    /// <param name="margin">In points; the results were tested against the same.</param>
    /// <exception cref="ArgumentException">A general task was not tested against the margin.</exception>
    public static Verdict Of(IReadOnlyList<PairedResult> all, IReadOnlyList<string> targets, double margin)
    {
        PairedResult[] results = [.. all.Where(r => r.HasScores)];
        TaskRole[] roles = [.. results.Select(r => targets.Contains(r.Task) ? TaskRole.Target : TaskRole.General)];
        IReadOnlyList<double> failing = Failing(results, roles, margin);
        Finding[] findings =
        [
            .. results
                .Select(
                    (r, i) =>
                        new Finding(
                            r.Task,
                            roles[i],
                            r.Change,
                            JudgementOf(r, roles[i], margin / 100, failing[i]),
                            r.Difference
                        )
                        {
                            IsUnchanged = r.IsUnchanged,
                        }
                )
                .OrderBy(f => f.Role),
        ];
        VerdictKind kind =
            findings.All(f => f.Judgement is TaskJudgement.Gained or TaskJudgement.WithinMargin) ? VerdictKind.Accept
            : findings.Any(f => f.Judgement is TaskJudgement.NotGained or TaskJudgement.BeyondMargin)
                ? VerdictKind.Reject
            : VerdictKind.Inconclusive;
        return new Verdict(kind, margin, findings);
    }

    /// <summary>One-sided p of the hypothesis that the task is in order: that a target gains, that a loss is the margin
    /// at most.</summary>
    private static double FailingP(PairedResult r, TaskRole role, double margin)
    {
        if (role == TaskRole.General)
        {
            return r.NonInferiority is { } test && Math.Abs(test.Margin - margin) < 1e-12
                ? test.BeyondP
                : throw new InputException(
                    $"the comparison of {r.Task} was not tested against the margin of its verdict, "
                        + string.Create(CultureInfo.InvariantCulture, $"{100 * margin:0.##} points")
                        + ": it was changed since it was written; compare again (fulcrum compare)"
                );
        }

        double half = r.P / 2;
        return r.Difference.Points < 0 ? half : 1 - half;
    }

    private static TaskJudgement JudgementOf(PairedResult r, TaskRole role, double margin, double failing)
    {
        double limit = role == TaskRole.Target ? 0 : -margin;
        bool target = role == TaskRole.Target;
        // A gain rests on items that changed, a loss within the margin on items that did not. Only the second needs
        // an assumption about clusters that have not changed.
        Difference own = target ? r.Difference : r.AgainstLimits;
        Difference[] all = r.Bounds is { } b ? [own, b.Lowest, b.Highest] : [own];
        return failing < OneSided && all.All(d => d.High < limit)
            ? target
                ? TaskJudgement.NotGained
                : TaskJudgement.BeyondMargin
            : !target && HasNothingToLose(r, margin)
                ? TaskJudgement.NoEvidence
                : !all.All(d => d.Low > limit)
                    ? TaskJudgement.Open
                    : target
                        ? TaskJudgement.Gained
                        : TaskJudgement.WithinMargin;
    }

    /// <summary>Returns whether a general task can show that something was forgotten: whether the base scores more than
    /// it would without knowledge, and by more than the margin.</summary>
    /// <param name="before">The base's answers.</param>
    /// <param name="margin">In points.</param>
    public static bool HasEvidence(
        string task,
        IReadOnlyList<Answer> before,
        double margin,
        Statistics.Estimand? estimand
    ) =>
        !HasNothingToLose(
            PairedComparison.Of(task, before, before, new ComparisonSettings(margin, Estimand: estimand)),
            margin / 100
        );

    /// <summary>Whether whatever the interval of a general task shows, it shows nothing about forgetting.</summary>
    /// <param name="margin">As a fraction.</param>
    internal static bool HasNothingToLose(PairedResult r, double margin)
    {
        double floor = r.Chance ?? 0;
        bool likeChance = r.Before.Low <= floor || r.Before.Score - floor <= margin,
            likeConstant = r.WithoutKnowledge is { Above: var above } && (above.Low <= 0 || above.Points <= margin);
        return r.Items > 0 && (likeChance || likeConstant);
    }
}
