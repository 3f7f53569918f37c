using Fulcrum.Statistics;

namespace Fulcrum.Tasks;

/// <summary>The order in which the items of an early decision are asked.</summary>
/// <param name="Items">Every item. The items of each look are a random part of every cluster.</param>
/// <param name="Looks">How many items have been asked at each look, rising to all items.</param>
internal sealed record AskingOrder(IReadOnlyList<Item> Items, IReadOnlyList<int> Looks)
{
    /// <summary>Orders the items of a task by a seed. Forms of one question (<see cref="Item.Stem"/>) stay
    /// together.</summary>
    public static AskingOrder Of(ITask task, int seed)
    {
        RandomStream random = RandomStream.For(seed, $"order of {task.Name}");
        Item[][] clusters =
        [
            .. task
                .Items.GroupBy(i => i.Cluster, StringComparer.Ordinal)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => Shuffled(g, random)),
        ];
        return new AskingOrder([.. ByLooks(clusters)], EarlyDecision.Counts([.. clusters.Select(c => c.Length)]));
    }

    /// <summary>Returns after how many items a batch ends: at every look, and between looks after every
    /// <paramref name="batch"/> items.</summary>
    public IReadOnlyList<int> BatchEnds(int batch) =>
        [
            .. Looks
                .SelectMany(
                    (end, look) =>
                        Enumerable
                            .Range(1, (end - Begin(look)) / batch)
                            .Select(i => Begin(look) + i * batch)
                            .Append(end)
                )
                .Distinct(),
        ];

    private int Begin(int look) => look == 0 ? 0 : Looks[look - 1];

    private static Item[] Shuffled(IEnumerable<Item> cluster, RandomStream random) =>
        [.. random.Shuffled(cluster.GroupBy(i => i.Stem ?? i.Id, StringComparer.Ordinal)).SelectMany(g => g)];

    /// <summary>The items of the first look, cluster by cluster, then those that each further look adds.</summary>
    private static IEnumerable<Item> ByLooks(Item[][] clusters)
    {
        double before = 0;
        foreach (double share in EarlyDecision.Looks(clusters.Sum(c => c.Length)))
        {
            foreach (Item[] cluster in clusters)
            {
                int from = before == 0 ? 0 : EarlyDecision.Asked(cluster.Length, before);
                foreach (Item item in cluster[from..EarlyDecision.Asked(cluster.Length, share)])
                {
                    yield return item;
                }
            }

            before = share;
        }
    }
}
