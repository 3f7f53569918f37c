using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>Measures of the whole corpus, from the labels of the answers.</summary>
internal static class CorpusMeasures
{
    /// <summary>Computes the measure on both sides, with the jackknife over clusters; with one cluster the items are
    /// the units.</summary>
    /// <exception cref="InputException">There are fewer than two items.</exception>
    public static CorpusResult Of(CorpusMeasure measure, IReadOnlyList<(Answer Before, Answer After)> pairs)
    {
        if (pairs.Count < 2)
        {
            throw new InputException("a measure of the corpus needs at least 2 items that both sides scored");
        }

        CorpusEstimate e = measure == CorpusMeasure.BitsPerByte ? Bits(pairs) : MacroF1Of(pairs);
        return new CorpusResult(
            measure,
            e.Before,
            e.After,
            e.Points,
            e.Low,
            e.High,
            e.StandardError,
            e.DegreesOfFreedom
        );
    }

    /// <summary>Returns whether answers have no score, but the log-likelihoods and bytes of whole texts.</summary>
    public static bool AreOfTexts(IReadOnlyList<(Answer Before, Answer After)> pairs) =>
        pairs.Count > 1
        && pairs.All(p => p.Before.Score is null && p.After.Score is null && HasBits(p.Before) && HasBits(p.After));

    private const string BitsPerByte = "bits_per_byte";

    private static bool HasBits(Answer answer) =>
        answer.Scores?.GetValueOrDefault(BitsPerByte) is [var likelihood, > 0] && double.IsFinite(likelihood);

    // Texts are the units: the sums of log-likelihoods and of bytes are taken over all texts but one.
    private static CorpusEstimate Bits(IReadOnlyList<(Answer Before, Answer After)> pairs)
    {
        double[][] before = [.. pairs.Select(p => p.Before.Scores![BitsPerByte])],
            after = [.. pairs.Select(p => p.After.Scores![BitsPerByte])];
        return Jackknife.Of(
            pairs.Count,
            without => (Bits(before, without), Bits(after, without)),
            double.PositiveInfinity
        );
    }

    private static double Bits(double[][] texts, int? without)
    {
        double likelihood = 0,
            bytes = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            likelihood += i == without ? 0 : texts[i][0];
            bytes += i == without ? 0 : texts[i][1];
        }

        return -likelihood / bytes / Math.Log(2);
    }

    private static CorpusEstimate MacroF1Of(IReadOnlyList<(Answer Before, Answer After)> pairs)
    {
        Dictionary<string, int> classes = Numbered(pairs.Select(p => p.Before.Target));
        Dictionary<string, int> clusters = Numbered(pairs.Select(p => p.Before.Cluster)),
            questions = Numbered(pairs.Select(QuestionOf));
        return new MacroF1([
            .. pairs.Select(p => new LabelledItem(
                clusters.Count > 1 ? clusters[p.Before.Cluster] : questions[QuestionOf(p)],
                classes[p.Before.Target],
                Class(p.Before),
                Class(p.After)
            )),
        ]).Difference();

        static string QuestionOf((Answer Before, Answer After) pair) => pair.Before.Stem ?? pair.Before.Id;
        int Class(Answer answer) => classes.GetValueOrDefault(answer.Prediction, -1);
    }

    private static Dictionary<string, int> Numbered(IEnumerable<string> names) =>
        names
            .Distinct(StringComparer.Ordinal)
            .Select((n, i) => (n, i))
            .ToDictionary(x => x.n, x => x.i, StringComparer.Ordinal);
}
