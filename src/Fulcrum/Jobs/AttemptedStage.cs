using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>Does a stage as an <see cref="Attempt"/>: in a folder of its own, which is published at the end.</summary>
internal static class AttemptedStage
{
    /// <summary>Does a stage unless another attempt is complete.</summary>
    /// <param name="work">Does the stage; what it writes goes into the lock's layout.</param>
    /// <returns>True if this attempt was published; false if another one had been.</returns>
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
            // Whatever went wrong here: the stage is complete if another attempt completed it.
            if (!StageGraph.IsComplete(attempt.Node, study, published))
            {
                throw;
            }

            attempt.Discard();
            return false;
        }
    }
}
