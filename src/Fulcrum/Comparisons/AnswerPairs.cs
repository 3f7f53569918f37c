using Fulcrum.Tasks;

namespace Fulcrum.Comparisons;

/// <summary>Pairs the two answers to each item by its id, never by its position.</summary>
internal static class AnswerPairs
{
    /// <summary>Returns the pairs in the order of the first side.</summary>
    /// <exception cref="InputException">An id is missing on one side, or repeated, or the two sides name different
    /// clusters for it. The message names it.</exception>
    public static IReadOnlyList<(Answer Before, Answer After)> Of(
        string task,
        IReadOnlyList<Answer> before,
        IReadOnlyList<Answer> after
    )
    {
        Dictionary<string, Answer> first = ById(task, "before", before),
            second = ById(task, "after", after);
        string? single = first
            .Keys.Except(second.Keys)
            .Concat(second.Keys.Except(first.Keys))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        return single is null
            ? [.. before.Select(b => Paired(task, b, second[b.Id]))]
            : throw new InputException(
                $"{task}: the item '{single}' is missing in the "
                    + $"answers {(first.ContainsKey(single) ? "after" : "before")}. Both sides must have the same items"
            );
    }

    // Clusters decide the interval, so it must not matter which side names them.
    private static (Answer Before, Answer After) Paired(string task, Answer before, Answer after) =>
        before.Cluster == after.Cluster || after.Cluster.Length == 0 ? (before, after)
        : before.Cluster.Length == 0 ? (before with { Cluster = after.Cluster }, after)
        : throw new InputException(
            $"{task}: the item '{before.Id}' belongs to the cluster '{before.Cluster}' before and to '{after.Cluster}' "
                + "after. Give it the same cluster on both sides"
        );

    private static Dictionary<string, Answer> ById(string task, string side, IReadOnlyList<Answer> answers)
    {
        Dictionary<string, Answer> byId = new(StringComparer.Ordinal);
        foreach (Answer answer in answers)
        {
            if (!byId.TryAdd(answer.Id, answer))
            {
                throw new InputException($"{task}: the item '{answer.Id}' occurs twice in the answers {side}");
            }
        }

        return byId;
    }
}
