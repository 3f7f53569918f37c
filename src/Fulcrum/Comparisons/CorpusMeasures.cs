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

        Dictionary<string, int> classes = Numbered(pairs.Select(p => p.Before.Target));
        Dictionary<string, int> clusters = Numbered(pairs.Select(p => p.Before.Cluster));
        CorpusEstimate e = new MacroF1([
            .. pairs.Select(
                (p, i) =>
                    new LabelledItem(
                        clusters.Count > 1 ? clusters[p.Before.Cluster] : i,
                        classes[p.Before.Target],
                        Class(p.Before),
                        Class(p.After)
                    )
            ),
        ]).Difference();
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

        int Class(Answer answer) => classes.GetValueOrDefault(answer.Prediction, -1);
    }

    private static Dictionary<string, int> Numbered(IEnumerable<string> names) =>
        names
            .Distinct(StringComparer.Ordinal)
            .Select((n, i) => (n, i))
            .ToDictionary(x => x.n, x => x.i, StringComparer.Ordinal);
}
