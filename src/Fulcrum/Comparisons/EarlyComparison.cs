using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>How a task of a study with early decision ended.</summary>
/// <param name="Planned">Items of the task.</param>
/// <param name="Asked">The number of items that were evaluated until the decision.</param>
/// <param name="Share">This number as a share of the planned items.</param>
/// <param name="Limit">The limit of the difference as a fraction: 0 for a target, minus the margin for a general
/// task.</param>
/// <param name="Outcome">Why the task ended.</param>
/// <param name="Looks">All looks with their intervals.</param>
internal sealed record EarlyResult(
    int Planned,
    int Asked,
    double Share,
    double Limit,
    LookOutcome Outcome,
    IReadOnlyList<Look> Looks
);

/// <summary>When a task of a study with early decision ends.</summary>
/// <param name="Limit">The limit of the difference as a fraction: 0 for a target, minus the margin for a general
/// task.</param>
/// <param name="Failures">The number of tasks, if one failing task is enough to reject a candidate.</param>
/// <param name="Estimand">The estimand; null: the default for the number of clusters.</param>
/// <param name="Further">Additional limits, as fractions, that must be decided too.</param>
internal sealed record EarlyRule(
    double Limit,
    int Failures = 1,
    Estimand? Estimand = null,
    IReadOnlyList<double>? Further = null
);

/// <summary>Takes looks at the answers of a task, whose items are evaluated in the order of <see cref="AskingOrder"/>.
/// The result depends only on the answers, so a resumed run decides like an uninterrupted one.</summary>
internal static class EarlyComparison
{
    /// <summary>Takes one look.</summary>
    /// <param name="look">The index of the look in the plan, from 0.</param>
    /// <param name="before">The base's answers to at least the items of the look, in the order of evaluation.</param>
    /// <param name="after">The candidate's answers to the same items.</param>
    /// <exception cref="InputException">The two sides do not have the same items. The message names one.</exception>
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
    /// <param name="asked">The number of items that were evaluated until then.</param>
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

    /// <summary>Keeps a decision only if it holds both when the items that one side could not score count for it and
    /// when they count against it.</summary>
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
