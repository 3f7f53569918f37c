using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>What the answers themselves show to be wrong.</summary>
public static class MeasurementGuards
{
    /// <summary>Less likely than this by guessing: the reading is broken. Small, since every benchmark of every study
    /// is tried.</summary>
    private const double Significance = 0.001;

    /// <summary>Of written replies, the share that may be unreadable before the model is trained.</summary>
    private const double MostUnparsable = 0.5;

    /// <summary>What the filters of lm-evaluation-harness give where a pattern is not found.</summary>
    private const string NoMatch = "[invalid]";

    /// <summary>A score of one benchmark differs between protocols (shots, template, mean over items or subjects) by so
    /// many points.</summary>
    private const double WholeTolerance = 8,
        PartTolerance = 25;

    /// <summary>Tries the guards that need the answers of one side.</summary>
    /// <param name="before">The base model's side: what a trained model may do, such as losing a format, is a finding
    /// there and not a fault.</param>
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
        if (before && writes)
        {
            // That the base writes no query at all is what a training on queries mends; it is no fault of the reading.
            int unparsable = answers.Count(a => a.Verdict == "unparsable" || a.Prediction == NoMatch);
            log.Report(
                GuardLog.UnparsableShare,
                benchmark.Name,
                unparsable <= MostUnparsable * answers.Count,
                $"no answer can be read from {unparsable} of {answers.Count} written replies of "
                    + $"{benchmark.Name}; at most {MostUnparsable:P0} may be unreadable"
            );
        }

        if (before && plan.HasPublishedScores() && chooses)
        {
            PublishedBand(log, benchmark, scored, modelFolder);
        }
    }

    private static void BelowChance(GuardLog log, ITask benchmark, Answer[] scored)
    {
        if (benchmark.ChanceAccuracy is not { } chance)
        {
            log.NotApplicable(GuardLog.BelowChance, benchmark.Name, $"{benchmark.Name} cannot be guessed");
            return;
        }

        // Forms of one question are not independent: one of them is tested.
        Answer[] questions = [.. scored.Where(a => a.Stem is null || a.Stem == a.Id)];
        int right = questions.Count(a => a.Score == 1);
        double p = Proportion.AtMostByChance(right, questions.Length, chance);
        log.Report(
            GuardLog.BelowChance,
            benchmark.Name,
            questions.Length == 0 || p >= Significance,
            $"{right} of {questions.Length} items of {benchmark.Name} are right; guessing has {chance:P0}, "
                + $"and so few or fewer with p = {p:0.0000}"
        );
    }

    private static void PublishedBand(GuardLog log, ITask benchmark, Answer[] scored, string modelFolder)
    {
        if (KnownModels.Published(modelFolder) is not var (low, high, whose) || scored.Length == 0)
        {
            log.NotApplicable(
                GuardLog.PublishedBand,
                benchmark.Name,
                "no score is published for a model of this shape"
            );
            return;
        }

        // All of MMLU has 57 subjects; single subjects lie far from the mean of all.
        double tolerance = scored.Select(a => a.Cluster).Distinct().Count() >= 57 ? WholeTolerance : PartTolerance;
        ScoreInterval seen = Proportion.Wilson(scored.Count(a => a.Score == 1), scored.Length);
        bool inside = seen.High * 100 >= low - tolerance && seen.Low * 100 <= high + tolerance;
        log.Report(
            GuardLog.PublishedBand,
            benchmark.Name,
            inside,
            $"{seen.Score * 100:0.0} % ({seen.Low * 100:0.0} to {seen.High * 100:0.0}) on {benchmark.Name}; "
                + $"published: {(low == high ? $"{low:0.0}" : $"{low:0.0} to {high:0.0}")}, within "
                + $"{tolerance:0} points of which it should lie: {whose}"
        );
    }
}
