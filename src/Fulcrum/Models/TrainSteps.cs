namespace Fulcrum.Models;

/// <summary>How many optimiser steps a training takes: the only place where this is computed.</summary>
internal static class TrainSteps
{
    /// <summary>Returns the steps of one epoch.</summary>
    /// <param name="examples">All training examples; those held out for validation are subtracted.</param>
    public static int PerEpoch(TrainPlan plan, int examples) =>
        (int)(((long)examples - ValidationSplit.Count(plan, examples) + plan.BatchSize - 1) / plan.BatchSize);

    /// <summary>Returns the number of steps of the training.</summary>
    public static int Of(TrainPlan plan, int examples) =>
        (int)Math.Min((long)PerEpoch(plan, examples) * plan.Epochs, plan.MaxSteps ?? int.MaxValue);

    /// <summary>Returns a plan with fewer steps. The warm-up has the same share of the steps, and the schedule of the
    /// learning rate is complete.</summary>
    public static TrainPlan Shortened(TrainPlan plan, int steps, int examples) =>
        plan with
        {
            MaxSteps = steps,
            WarmupSteps = (int)Math.Round((double)plan.WarmupSteps * steps / Of(plan, examples)),
        };

    /// <summary>Returns the steps after which a checkpoint is kept. The last step is not one of them, because its
    /// result is the adapter itself.</summary>
    public static IReadOnlyList<int> Checkpoints(TrainPlan plan, int examples)
    {
        int every = plan.CheckpointEvery ?? PerEpoch(plan, examples);
        int count = Math.Max(0, (Of(plan, examples) - 1) / every);
        return [.. Enumerable.Range(1, count).Select(i => i * every)];
    }
}
