using Fulcrum.Statistics;

namespace Fulcrum.Models;

/// <summary>Holds out a part of the training examples for validation.</summary>
internal static class ValidationSplit
{
    /// <summary>Splits the examples at random by the training's seed. Both parts keep the order of the data. With a
    /// share of 0 no example is held out.</summary>
    public static (IReadOnlyList<TrainingExample> Training, IReadOnlyList<TrainingExample> HeldOut) Of(
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples
    )
    {
        int count = Count(plan, examples.Count);
        HashSet<int> held =
        [
            .. RandomStream
                .For(plan.Seed ?? 0, "validation split")
                .Shuffled(Enumerable.Range(0, examples.Count))
                .Take(count),
        ];
        return ([.. examples.Where((_, i) => !held.Contains(i))], [.. examples.Where((_, i) => held.Contains(i))]);
    }

    /// <summary>Returns the number of held-out examples: the rounded share, at least 1 unless the share is 0.</summary>
    public static int Count(TrainPlan plan, int examples) =>
        plan.ValidationShare == 0 ? 0 : Math.Max(1, (int)Math.Round(plan.ValidationShare * examples));
}
