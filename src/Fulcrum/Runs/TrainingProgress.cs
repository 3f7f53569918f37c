using Fulcrum.Models;

namespace Fulcrum.Runs;

/// <summary>Tells the steps of one training as progress of a stage, and where a training goes on that was cut
/// off.</summary>
/// <param name="stage">The stage's name.</param>
/// <param name="tell">Takes each step, and before the first the note.</param>
/// <param name="part">What is shown beside the steps; null: the loss.</param>
public sealed class TrainingProgress(string stage, Action<Progress> tell, string? part = null)
{
    private bool begun;

    /// <summary>Told after every step.</summary>
    public void Tell(TrainingStep step)
    {
        if (!begun && step.Step > 1)
        {
            tell(
                new Progress(
                    stage,
                    $"{stage}: {(part is null ? "" : part + " ")}goes on after its last checkpoint, at step {step.Step} of {step.Steps}",
                    0,
                    0,
                    "note"
                )
            );
        }

        begun = true;
        tell(new Progress(stage, part ?? $"loss {step.Loss:F3}", step.Step, step.Steps, "steps"));
    }

    /// <summary>Told when the training is over: where it had no step left to do, says so.</summary>
    public void End()
    {
        if (!begun)
        {
            tell(new Progress(stage, $"{stage}: complete already", 0, 0, "note"));
        }
    }
}
