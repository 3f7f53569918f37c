using Fulcrum.Models;

namespace Fulcrum.Runs;

/// <summary>Reports the steps of one training as progress of a stage, and where a training is resumed.</summary>
/// <param name="stage">The stage's name.</param>
/// <param name="report">Called with each event.</param>
internal sealed class TrainingProgress(string stage, Action<RunEvent> report)
{
    private bool begun;

    /// <summary>Called after every step.</summary>
    public void Report(TrainingStep step)
    {
        if (!begun && step.Step > 1)
        {
            report(
                new RunEvent.Noted(
                    $"{stage}: resumed from the last checkpoint, now at step {step.Step} of {step.Steps}"
                )
            );
        }

        begun = true;
        report(new RunEvent.Progressed(stage, $"loss {step.Loss:F3}", step.Step, step.Steps, ProgressUnit.Steps));
    }

    /// <summary>Called at the end of the training; reports if no step was left to do.</summary>
    public void End()
    {
        if (!begun)
        {
            report(new RunEvent.Noted($"{stage}: already complete"));
        }
    }
}
