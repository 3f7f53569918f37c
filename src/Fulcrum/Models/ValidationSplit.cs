using Fulcrum.Statistics;

namespace Fulcrum.Models;

/// <summary>Which training examples are held out of training to be validated on.</summary>
internal static class ValidationSplit
{
    /// <summary>Drawn by the training's seed; both parts keep the order of the data. Nothing is held out where the
    /// share is 0.</summary>
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

    /// <summary>How many of so many examples are held out: the share, rounded, but at least one where the share is not
    /// 0.</summary>
    public static int Count(TrainPlan plan, int examples) =>
        plan.ValidationShare == 0 ? 0 : Math.Max(1, (int)Math.Round(plan.ValidationShare * examples));
}
