using Fulcrum.Models;

namespace Fulcrum.Torch.Training;

/// <summary>The learning rate of every step, as transformers' schedulers compute it.</summary>
internal static class LearningRate
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="steps">Number of steps in all.</param>
    public static double Of(TrainPlan plan, int step, int steps) =>
        plan.LearningRate * Factor(plan.Schedule, plan.WarmupSteps, step, steps);

    private static double Factor(Schedule schedule, int warmup, int step, int steps)
    {
        if (step < warmup)
        {
            return (double)step / warmup;
        }

        double progress = (double)(step - warmup) / Math.Max(1, steps - warmup);
        return schedule switch
        {
            Schedule.Linear => Math.Max(0, 1 - progress),
            Schedule.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress))),
            _ => 1,
        };
    }
}
