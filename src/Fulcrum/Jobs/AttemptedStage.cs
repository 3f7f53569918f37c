using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>Does a stage as an <see cref="Attempt"/>: in a separate folder, which is published at the end.</summary>
internal static class AttemptedStage
{
    /// <summary>Does a stage unless another attempt is complete.</summary>
    /// <param name="work">Does the stage. It writes into the layout of the lock.</param>
    /// <returns>True if this attempt was published; false if another attempt had been published before.</returns>
    public static bool Run(Attempt attempt, Study study, Action<RunLock> work)
    {
        PlainFolder.Require(attempt.Run);
        RunLayout published = new(attempt.Run);
        if (StageGraph.IsComplete(attempt.Node, study, published))
        {
            return false;
        }

        try
        {
            attempt.Begin();
            using (RunLock run = RunLock.Join(attempt.Run, attempt))
            {
                work(run);
            }

            attempt.Publish();
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A failure does not matter if another attempt has completed the stage.
            if (!StageGraph.IsComplete(attempt.Node, study, published))
            {
                throw;
            }

            attempt.Discard();
            return false;
        }
    }
}
