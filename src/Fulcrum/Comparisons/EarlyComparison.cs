using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>How a task of a study with early decision ended.</summary>
/// <param name="Planned">Items of the task.</param>
/// <param name="Asked">Items that were asked until the decision.</param>
/// <param name="Share">The same as a share of the planned items.</param>
/// <param name="Limit">What the difference was compared with, as a fraction: 0 of a target, minus the margin of a
/// general task.</param>
/// <param name="Outcome">What ended the task.</param>
/// <param name="Looks">Every look, with the interval that was valid at it.</param>
internal sealed record EarlyResult(
    int Planned,
    int Asked,
    double Share,
    double Limit,
    LookOutcome Outcome,
    IReadOnlyList<Look> Looks
);

/// <summary>What ends a task of a study with early decision.</summary>
/// <param name="Limit">As a fraction: 0 of a target, minus the margin of a general task.</param>
/// <param name="Failures">The number of tasks of which one that fails is enough to reject.</param>
/// <param name="Estimand">To what the task generalises; null: what the clusters allow.</param>
/// <param name="Further">Further limits, as fractions, that must be decided too.</param>
internal sealed record EarlyRule(
    double Limit,
    int Failures = 1,
    Estimand? Estimand = null,
    IReadOnlyList<double>? Further = null
);

/// <summary>Looks at the answers of a task that is asked in the order of <see cref="AskingOrder"/>. A pure function of
/// the answers, so a resumed run decides as an undisturbed one.</summary>
internal static class EarlyComparison
{
    /// <summary>Takes one look.</summary>
    /// <param name="look">Which look of the plan, from 0.</param>
    /// <param name="before">At least the items of the look, in the order in which they are asked.</param>
    /// <param name="after">The same of the candidate.</param>
    /// <exception cref="InputException">The two sides do not hold the same items; names one.</exception>
    public static Look At(
        string task,
        LookPlan plan,
        int look,
        IReadOnlyList<Answer> before,
        IReadOnlyList<Answer> after,
        EarlyRule rule
    )
    {
        int asked = plan.Asked[look];
        IReadOnlyList<(Answer Before, Answer After)> pairs = AnswerPairs.Of(
            task,
            QuestionForms.Joined([.. before.Take(asked)]),
            QuestionForms.Joined([.. after.Take(asked)])
        );
        Sample seen = Sample.OfPairs(PairedComparison.Scored(pairs));
        Estimand estimand = PairedComparison.Allowed(seen, rule.Estimand);
        Look[] each =
        [
            .. (rule.Further ?? [])
                .Prepend(rule.Limit)
                .Select((limit, i) => EarlyDecision.At(plan, look, seen, estimand, limit, i == 0 ? rule.Failures : 1)),
        ];
        bool last = look == plan.Asked.Count - 1;
        return !last && (seen.Items == 0 || each.Any(l => !l.Stops))
            ? each[0] with
            {
                Outcome = LookOutcome.Continue,
            }
            : Held(each[0], pairs, estimand, rule, last);
    }

    /// <summary>Takes the looks up to the one that ended the task.</summary>
    /// <param name="asked">Items that were asked until then.</param>
    public static EarlyResult Of(
        string task,
        LookPlan plan,
        int asked,
        IReadOnlyList<Answer> before,
        IReadOnlyList<Answer> after,
        EarlyRule rule
    )
    {
        Look[] looks =
        [
            .. Enumerable
                .Range(0, plan.Asked.Count)
                .TakeWhile(l => plan.Asked[l] <= asked)
                .Select(l => At(task, plan, l, before, after, rule)),
        ];
        Look end = looks[^1];
        return new EarlyResult(plan.Asked[^1], end.Asked, end.Share, rule.Limit, end.Outcome, looks);
    }

    /// <summary>A decision must hold however the items count that one side alone could not score.</summary>
    private static Look Held(
        Look look,
        IReadOnlyList<(Answer Before, Answer After)> pairs,
        Estimand estimand,
        EarlyRule rule,
        bool last
    )
    {
        if (
            look.Outcome is not (LookOutcome.Above or LookOutcome.Below)
            || PairedComparison.Bounds(
                pairs,
                estimand,
                look.Level / (look.Outcome == LookOutcome.Below ? rule.Failures : 1)
            )
                is not { } bounds
        )
        {
            return look;
        }

        bool holds =
            look.Outcome == LookOutcome.Above ? bounds.Lowest.Low > rule.Limit : bounds.Highest.High < rule.Limit;
        return holds ? look : look with { Outcome = last ? LookOutcome.Open : LookOutcome.Continue };
    }
}
