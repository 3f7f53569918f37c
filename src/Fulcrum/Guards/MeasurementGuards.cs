using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>Guards that check the answers of the base or of a candidate.</summary>
internal static class MeasurementGuards
{
    /// <summary>The error rate of each guard: the probability that a valid measurement fails it. It is small, because
    /// the guards check every task of every study.</summary>
    private const double Significance = 0.001;

    /// <summary>The share of written replies of the base that may be unparsable.</summary>
    private const double MostUnparsable = 0.5;

    /// <summary>By how many points the score of a task may differ between protocols (shots, template, mean over items
    /// or over subjects).</summary>
    private const double WholeTolerance = 8,
        PartTolerance = 25;

    /// <summary>Evaluates the guards.</summary>
    /// <param name="before">Whether these are the base's answers. A candidate that loses the answer format, for
    /// example, is a finding of the study; for the base it is a fault of the measurement.</param>
    public static void Check(
        GuardLog log,
        ITask benchmark,
        TaskPlan plan,
        IReadOnlyList<Answer> answers,
        string modelFolder,
        bool before
    )
    {
        Answer[] scored = [.. answers.Where(a => a.Score is not null)];
        bool chooses =
            benchmark.Items.Count > 0 && benchmark.Ask(benchmark.Items[0]) is Question.Choose or Question.Pairs;
        if (chooses || before)
        {
            BelowChance(log, benchmark, scored);
        }

        bool writes =
            benchmark.Items.Count > 0 && benchmark.Ask(benchmark.Items[0]) is (Question.Write or Question.Continue);
        if (before && writes && benchmark.AlwaysReadable is { } why)
        {
            log.NotApplicable(GuardNames.UnparsableShare, benchmark.Name, $"{benchmark.Name}: {why}");
        }
        else if (before && writes && answers.Count == 0)
        {
            log.NotChecked(GuardNames.UnparsableShare, benchmark.Name, $"{benchmark.Name} has no replies");
        }
        else if (before && writes)
        {
            int unparsable = answers.Count(ReplyCounts.IsUnparsable),
                cut = answers.Count(ReplyCounts.IsAtLimit);
            log.Report(
                GuardNames.UnparsableShare,
                benchmark.Name,
                unparsable <= MostUnparsable * answers.Count,
                $"no answer can be read from {unparsable} of {answers.Count} written replies of "
                    + $"{benchmark.Name}; at most {MostUnparsable * 100:0}% may be unreadable"
                    + (cut == 0 ? "" : $". {cut} replies ended at the token limit, so they may be incomplete")
            );
        }

        if (before && plan.HasPublishedScores() && chooses)
        {
            PublishedBand(log, benchmark, OneForm(scored), modelFolder);
        }
    }

    private static void BelowChance(GuardLog log, ITask benchmark, Answer[] scored)
    {
        if (benchmark.ChanceAccuracy is not { } chance)
        {
            log.NotApplicable(GuardNames.BelowChance, benchmark.Name, $"{benchmark.Name} cannot be guessed");
            return;
        }

        Answer[] questions = OneForm(scored);
        if (questions.Length == 0)
        {
            log.NotChecked(GuardNames.BelowChance, benchmark.Name, $"no item of {benchmark.Name} was scored");
            return;
        }

        (int right, double level, double p) = BelowChance(questions, chance);
        log.Report(
            GuardNames.BelowChance,
            benchmark.Name,
            p >= Significance,
            $"{right} of {questions.Length} items of {benchmark.Name} are right; chance level "
                + $"{chance * 100:0.0}%, the lower of it and of answers drawn at random in the same shares "
                + $"{level * 100:0.0}%; P(this few or fewer without knowledge) = {p:0.0000}, and the guard fails "
                + $"below {Significance}"
        );
    }

    // The forms of one question are not independent of each other, so only one of them is tested.
    private static Answer[] OneForm(Answer[] scored) => [.. scored.Where(a => a.Stem is null || a.Stem == a.Id)];

    /// <summary>Returns the number of right answers, the expected score of answers without knowledge, and the
    /// probability that those have at most this many right answers.</summary>
    internal static (int Right, double Level, double P) BelowChance(Answer[] scored, double chance)
    {
        int right = scored.Count(a => a.Score == 1);
        // In other tasks the prediction has another form than the target, or several answers are right.
        bool comparable = scored.Length > 0 && scored.All(a => a.Score == 1 == (a.Prediction == a.Target));
        double level = comparable ? Math.Min(chance, WithoutKnowledge(scored)) : chance;
        return (right, level, Proportion.AtMostByChance(right, scored.Length, level));
    }

    /// <summary>Returns the expected score if the model gave its answers with the same shares, but independently of the
    /// items. For a constant answer it is the share of items for which this answer is right.</summary>
    private static double WithoutKnowledge(Answer[] scored)
    {
        Dictionary<string, int> targets = scored.GroupBy(a => a.Target).ToDictionary(g => g.Key, g => g.Count());
        double n = scored.Length;
        return scored.GroupBy(a => a.Prediction).Sum(g => g.Count() / n * targets.GetValueOrDefault(g.Key) / n);
    }

    private static void PublishedBand(GuardLog log, ITask benchmark, Answer[] scored, string modelFolder)
    {
        if (KnownModels.Published(modelFolder) is not var (low, high, whose))
        {
            log.NotApplicable(
                GuardNames.PublishedBand,
                benchmark.Name,
                "no score is published for a model of this shape"
            );
            return;
        }

        if (scored.Length == 0)
        {
            log.NotChecked(GuardNames.PublishedBand, benchmark.Name, $"no item of {benchmark.Name} was scored");
            return;
        }

        // Published scores are means over all 57 subjects. Scores of single subjects are far from the mean.
        double tolerance = scored.Select(a => a.Cluster).Distinct().Count() >= 57 ? WholeTolerance : PartTolerance;
        int right = scored.Count(a => a.Score == 1);
        ScoreInterval seen = Proportion.Wilson(right, scored.Length);
        double lowest = Math.Max(0, low - tolerance) / 100,
            highest = Math.Min(100, high + tolerance) / 100;
        bool inside =
            Proportion.AtMostByChance(right, scored.Length, lowest) >= Significance
            && Proportion.AtLeastByChance(right, scored.Length, highest) >= Significance;
        log.Report(
            GuardNames.PublishedBand,
            benchmark.Name,
            inside,
            $"{seen.Score * 100:0.0}% ({seen.Low * 100:0.0} to {seen.High * 100:0.0}) on {benchmark.Name}; "
                + $"published: {(low == high ? $"{low:0.0}" : $"{low:0.0} to {high:0.0}")}, within {tolerance:0} "
                + $"points of which the true score should lie (the guard fails if {scored.Length} items make that "
                + $"unlikely, p below {Significance}): {whose}"
        );
    }
}
