using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>The score that a side could reach without knowing anything of the single item: by always giving the same
/// answer, or, where a reply must only contain the answer, by its replies to other items.</summary>
/// <param name="Score">As a fraction.</param>
/// <param name="Answer">The constant answer; null: replies to other items.</param>
/// <param name="Above">The side's score minus <paramref name="Score"/>, paired by item.</param>
internal sealed record WithoutKnowledge(double Score, string? Answer, Difference Above)
{
    private const int MostOthers = 200;

    /// <summary>Computes it from a side's answers; null where their form does not show how they were graded: graded
    /// scores, or predictions in another form than the reference answers. Of a question in several forms the first form
    /// counts.</summary>
    /// <remarks>
    /// The best constant answer is chosen on the same items, so its score is too high by chance. That errs towards
    /// "no evidence". See <c>docs/method.md</c>.
    /// </remarks>
    /// <param name="estimand">Null: what the number of clusters allows.</param>
    /// <param name="level">Two-sided level of the interval.</param>
    public static WithoutKnowledge? Of(IReadOnlyList<Answer> answers, Estimand? estimand, double level)
    {
        Answer[] scored = [.. answers.Where(a => a.Score is not null && (a.Stem is null || a.Stem == a.Id))];
        bool plain = scored.Length > 0 && scored.All(a => a.Score is 0 or 1 && a.Target.Trim().Length > 0);
        string[][] targets = plain ? [.. scored.Select(a => a.Target.Split(Tasks.Answer.TargetSeparator))] : [];
        bool Graded(Func<string, string, bool> rule) =>
            plain && scored.Zip(targets, (a, t) => a.Score == 1 == t.Any(x => rule(a.Prediction, x))).All(same => same);
        return Graded((prediction, target) => prediction == target) ? Constant(scored, targets, estimand, level)
            : Graded(Contains) ? Others(scored, targets, estimand, level)
            : null;
    }

    private static bool Contains(string prediction, string target) =>
        prediction.Contains(target.Trim(), StringComparison.Ordinal);

    private static WithoutKnowledge Constant(Answer[] scored, string[][] targets, Estimand? estimand, double level)
    {
        string constant = targets
            .SelectMany(t => t.Distinct())
            .GroupBy(t => t, StringComparer.Ordinal)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key, StringComparer.Ordinal)
            .First()
            .Key;
        return Of(scored, [.. targets.Select(t => t.Contains(constant) ? 1.0 : 0)], constant, estimand, level);
    }

    // Of many items some others, evenly spread, stand for all of them. Items with the same answer take part, because
    // their replies are right here without knowledge; Tasks.Writing.LuckyAnswers, which asks for luck, leaves them out.
    private static WithoutKnowledge Others(Answer[] scored, string[][] targets, Estimand? estimand, double level)
    {
        int[] chosen = EvenSample.Of(scored.Length, MostOthers);
        double Rate(int item)
        {
            int[] others = [.. chosen.Where(i => i != item)];
            return others.Length == 0
                ? 0
                : others.Average(i => targets[item].Any(t => Contains(scored[i].Prediction, t)) ? 1.0 : 0);
        }

        return Of(scored, [.. Enumerable.Range(0, scored.Length).Select(Rate)], null, estimand, level);
    }

    private static WithoutKnowledge Of(
        Answer[] scored,
        double[] without,
        string? answer,
        Estimand? estimand,
        double level
    )
    {
        Sample sample = Sample.OfPairs([.. scored.Select((a, i) => (a.Cluster, without[i], a.Score!.Value))]);
        Estimator estimator = new(sample, PairedComparison.Allowed(sample, estimand));
        return new WithoutKnowledge(without.Average(), answer, estimator.At(level).ToDifference());
    }
}
