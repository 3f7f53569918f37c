using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>Splits items into two halves: one to select a candidate, the other to judge it.</summary>
/// <remarks>
/// A candidate that is chosen and reported on the same items looks better than it is: by 1.6 to 3.3 points with 5 to 50
/// equally good candidates (<c>docs/method.md</c>, "Selection"). Judged on items that had no part in the choice, its
/// result is unbiased.
/// </remarks>
internal static class Selection
{
    /// <summary>From this many clusters on, whole clusters are divided. Each half then has at least 10, so that its
    /// interval over clusters is usable.</summary>
    public const int LeastWhole = 4 * Estimator.LeastClusters;

    /// <summary>Splits items by whole clusters if the result is to hold for other clusters and there are enough of
    /// them, otherwise within clusters.</summary>
    /// <remarks>If both halves had the same clusters, a candidate could be selected for its luck with them, and the
    /// other half would repeat that luck.</remarks>
    /// <param name="clusters">The cluster of each item.</param>
    /// <param name="estimand">To what the result generalises; null: to other clusters if there are enough.</param>
    /// <param name="random">A stream for this split only.</param>
    /// <returns>Indices of the items, in rising order.</returns>
    public static (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) Split(
        IReadOnlyList<string> clusters,
        Estimand? estimand,
        RandomStream random
    )
    {
        int[][] groups =
        [
            .. Enumerable
                .Range(0, clusters.Count)
                .GroupBy(i => clusters[i], StringComparer.Ordinal)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => random.Shuffled(g)),
        ];
        bool whole = estimand != Estimand.Items && groups.Length >= LeastWhole;
        return whole ? Whole(groups, random) : Within(groups);
    }

    /// <summary>Returns the probability that the 95% interval of a second sample of the same size lies above a limit,
    /// given this sample and nothing else.</summary>
    /// <remarks>The means of the two samples differ by √2 standard errors, and the second one's interval is as wide as
    /// the first one's. The standard error is that of the interval, because a sample without any change has an interval
    /// but no variance.</remarks>
    public static double ChanceToShow(Difference seen, double limit)
    {
        double error = (seen.Points - seen.Low) / Student.NormalQuantile(0.025);
        return error > 0 ? Normal.CDF(0, 1, (seen.Low - limit) / (Math.Sqrt(2) * error))
            : seen.Low > limit ? 1
            : 0;
    }

    /// <summary>Divides every cluster. Of an odd number of items the larger part goes to the half that is smaller so
    /// far.</summary>
    private static (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) Within(int[][] groups)
    {
        List<int> selection = [],
            confirmation = [];
        foreach (int[] group in groups)
        {
            int half = (group.Length + (selection.Count <= confirmation.Count ? 1 : 0)) / 2;
            selection.AddRange(group[..half]);
            confirmation.AddRange(group[half..]);
        }

        return ([.. selection.Order()], [.. confirmation.Order()]);
    }

    /// <summary>Divides each pair of clusters of similar size at random. A last single cluster goes to the half with
    /// fewer items.</summary>
    private static (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) Whole(
        int[][] groups,
        RandomStream random
    )
    {
        List<int> selection = [],
            confirmation = [];
        foreach (int[][] pair in random.Shuffled(groups).OrderByDescending(g => g.Length).Chunk(2))
        {
            bool first = pair.Length == 1 ? selection.Count <= confirmation.Count : random.NextDouble() < 0.5;
            (first ? selection : confirmation).AddRange(pair[0]);
            (first ? confirmation : selection).AddRange(pair.Length == 1 ? [] : pair[1]);
        }

        return ([.. selection.Order()], [.. confirmation.Order()]);
    }
}
