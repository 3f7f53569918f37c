using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Torch.Kernels;

namespace Fulcrum.Torch.Training;

/// <summary>Assigns examples to optimiser steps. The order depends only on the seed and the epoch, so a resumed
/// training finds the same order.</summary>
internal static class BatchPlan
{
    /// <summary>The batches of one epoch, as indices; every example occurs once.</summary>
    /// <param name="given">Keep the order of the data.</param>
    public static IReadOnlyList<int[]> Of(
        IReadOnlyList<TrainingExample> examples,
        TrainPlan plan,
        int epoch,
        bool given
    )
    {
        int[] all = [.. Enumerable.Range(0, examples.Count)];
        if (given)
        {
            return [.. all.Chunk(plan.BatchSize)];
        }

        RandomStream random = RandomSources.Batches(plan.Seed ?? 0, epoch);
        return plan.Grouping == Grouping.Cluster
            ? Grouped(examples, random.Shuffled(all), plan.BatchSize, random)
            : [.. random.Shuffled(all).Chunk(plan.BatchSize)];
    }

    /// <summary>Batches of one cluster each if it has enough examples; the remaining examples are mixed.</summary>
    private static int[][] Grouped(IReadOnlyList<TrainingExample> examples, int[] order, int size, RandomStream random)
    {
        List<int[]> whole = [];
        List<int> rest = [];
        foreach (
            int[] part in order
                .GroupBy(i => examples[i].Cluster ?? "")
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .SelectMany(g => g.Chunk(size))
        )
        {
            if (part.Length == size)
            {
                whole.Add(part);
            }
            else
            {
                rest.AddRange(part);
            }
        }

        int[][] mixed = [.. rest.Chunk(size)];
        int[]? last = mixed.Length > 0 && mixed[^1].Length < size ? mixed[^1] : null;
        int[][] shuffled = random.Shuffled(whole.Concat(last is null ? mixed : mixed[..^1]));
        return last is null ? shuffled : [.. shuffled, last];
    }
}
