using Fulcrum.Statistics;

namespace Fulcrum.Data;

/// <summary>Draws a sample in which every cluster (a database, a subject) has the same number of items.</summary>
internal static class StratifiedSample
{
    /// <summary>Returns the same number of random items of every cluster, or all items of a smaller cluster. They are
    /// in the order of the clusters' names, then of the data.</summary>
    /// <param name="count">The size of the sample. Null, or more than there are items: all items.</param>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> all, Func<T, string> cluster, int? count, RandomStream random)
    {
        int[][] clusters =
        [
            .. Enumerable
                .Range(0, all.Count)
                .GroupBy(i => cluster(all[i]))
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => random.Shuffled(g)),
        ];
        IEnumerable<int> chosen =
            count is null || count >= all.Count
                ? Enumerable.Range(0, all.Count)
                : Enumerable
                    .Range(0, clusters.Max(c => c.Length))
                    .SelectMany(round => clusters.Where(c => c.Length > round).Select(c => c[round]))
                    .Take(count.Value);
        return [.. chosen.OrderBy(i => cluster(all[i]), StringComparer.Ordinal).ThenBy(i => i).Select(i => all[i])];
    }
}
