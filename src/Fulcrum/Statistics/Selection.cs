namespace Fulcrum.Statistics;

/// <summary>Splits items into two halves: on one a candidate is selected, on the other it is judged.</summary>
/// <remarks>
/// A candidate that is chosen and reported on the same items looks better than it is: by 1.6 to 3.3 points with 5 to 50
/// equally good candidates. Judged on items that had no part in the choice, its result is unbiased.
/// </remarks>
internal static class Selection
{
    /// <summary>Half of every cluster at random. If a cluster has an odd number of items, the smaller half so far gets
    /// the larger part.</summary>
    /// <param name="clusters">The cluster of each item.</param>
    /// <param name="random">Used by this split alone.</param>
    /// <returns>Places of the items, in rising order.</returns>
    public static (IReadOnlyList<int> Selection, IReadOnlyList<int> Confirmation) Split(
        IReadOnlyList<string> clusters,
        RandomStream random
    )
    {
        List<int> selection = [],
            confirmation = [];
        IEnumerable<IGrouping<string, int>> groups = Enumerable
            .Range(0, clusters.Count)
            .GroupBy(i => clusters[i], StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (IGrouping<string, int> group in groups)
        {
            int[] order = random.Shuffled(group);
            int half = (order.Length + (selection.Count <= confirmation.Count ? 1 : 0)) / 2;
            selection.AddRange(order[..half]);
            confirmation.AddRange(order[half..]);
        }

        return ([.. selection.Order()], [.. confirmation.Order()]);
    }
}
