using Fulcrum.Statistics;

namespace Fulcrum.Data;

/// <summary>Samples in equal shares of clusters.</summary>
internal static class StratifiedSample
{
    /// <summary>Returns equal shares of every cluster, or all of its members if it has fewer, in the order of the
    /// clusters' names and of the data.</summary>
    /// <param name="count">Null, or more than the number of members: all, in the same order.</param>
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
