using Fulcrum.Files;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>Shows the progress of the jobs of a run until its last stage is complete. The jobs do not depend on it and
/// continue if it ends.</summary>
/// <param name="study">The study, with every derived candidate named.</param>
/// <param name="until">The last stage.</param>
internal sealed class SlurmWatch(RunLayout run, Study study, Stage until)
{
    private static readonly TimeSpan BetweenFiles = TimeSpan.FromSeconds(1),
        BetweenQueues = TimeSpan.FromSeconds(10);

    private readonly StageGraph graph = StageGraph.Of(study, SeekFile.Read(run));
    private readonly HashSet<(StageNode, string)> failures = [];
    private DateTimeOffset asked;
    private string shown = "",
        waiting = "";
    private int gone;

    /// <summary>Returns when the last stage is complete, or when no job is left although no stage failed. The latter
    /// happens if a controller is killed and loses jobs that it had just started.</summary>
    /// <returns>Whether every stage is complete.</returns>
    /// <exception cref="FulcrumException">No job is left, because a stage failed. The message says which and
    /// why.</exception>
    public bool Follow(Action<RunEvent> report, CancellationToken cancellation)
    {
        StageNode[] all = [.. graph.Nodes.Where(n => n.Stage <= until)];
        while (!all.All(n => StageGraph.IsComplete(n, study, run)))
        {
            Show(report);
            if (TimeProvider.System.GetUtcNow() - asked > BetweenQueues)
            {
                asked = TimeProvider.System.GetUtcNow();
                if (!Ask(report, all))
                {
                    return false;
                }
            }

            if (cancellation.WaitHandle.WaitOne(BetweenFiles))
            {
                report(
                    new RunEvent.Noted(
                        "the jobs go on: fulcrum status shows how far they are, fulcrum cancel stops them, "
                            + "and the same command follows them again"
                    )
                );
                cancellation.ThrowIfCancellationRequested();
            }
        }

        return true;
    }

    private void Show(Action<RunEvent> report)
    {
        StageNode[] candidates = [.. graph.Candidates];
        int done = candidates.Count(n => StageGraph.IsComplete(n, study, run));
        string text = $"{done}";
        if (text != shown)
        {
            shown = text;
            report(new RunEvent.Progressed("candidates", "candidates", done, candidates.Length, ProgressUnit.Items));
        }
    }

    // The jobs continue while the controller does not answer, so this is not a failure.
    private bool Ask(Action<RunEvent> report, StageNode[] all)
    {
        if (RunStatus.QueueOf(run) is not { } queue)
        {
            report(new RunEvent.Warned("Slurm does not answer; the jobs go on, and it is asked again"));
            return true;
        }

        SlurmRecord record = SlurmRecord.Read(run)!;
        SlurmJob[] jobs = [.. record.Alive(queue).SelectMany(e => e.In(queue)).Where(j => j.IsAlive)];
        StageNode[] open = [.. all.Where(n => !StageGraph.IsComplete(n, study, run))];
        if (jobs.Length > 0)
        {
            TellFailures(report, open, n => record.LatestOf(n)?.JobOf(n.Name, queue) is { IsAlive: true });
            TellWaiting(report, jobs);
        }

        // Slurm holds a task that a node could not start. The jobs that depend on it would wait for ever.
        bool alive = jobs.Any(j => !j.IsStuck && !j.IsBehindOthers) || (jobs.Length > 0 && !jobs.Any(j => j.IsStuck));
        // On a network file system the last files of a job may become visible some seconds after its end.
        gone = alive ? 0 : gone + 1;
        if (gone < 2 || open.Length == 0)
        {
            return true;
        }

        bool failed = record.Cancelled || open.Any(n => RunStatus.FailureOf(run, n) is not null);
        return failed ? throw new FulcrumException(Missing(RunStatus.Of(run, queue))) : false;
    }

    // The jobs of other candidates may continue for hours.
    private void TellFailures(Action<RunEvent> report, StageNode[] open, Func<StageNode, bool> isTriedAgain)
    {
        foreach (StageNode node in open)
        {
            if (RunStatus.FailureOf(run, node) is { } why && !isTriedAgain(node) && failures.Add((node, why)))
            {
                report(new RunEvent.Warned($"{node.Name} failed: {why.TrimEnd('.')}. The other jobs continue"));
            }
        }
    }

    // A full cluster may start no job for hours.
    private void TellWaiting(Action<RunEvent> report, SlurmJob[] jobs)
    {
        string[] reasons = [.. jobs.Where(j => !j.IsBehindOthers).Select(j => j.Reason).Distinct().Order()];
        string text = jobs.Any(j => j.IsRunning) ? "" : string.Join(", ", reasons);
        if (text != waiting && text.Length > 0)
        {
            report(new RunEvent.Noted($"no job of the run is running; Slurm gives the reason {text}"));
        }

        waiting = text;
    }

    private static string Missing(RunStatus status)
    {
        StageStatus[] open = [.. status.Stages.Concat(status.Candidates).Where(s => s.State != StageState.Done)];
        StageStatus[] failed = [.. open.Where(s => s.Why is not null)];
        string first = failed.Length > 0 ? $": {failed[0].Name}: {Printable.Short(failed[0].Why!)}" : "";
        return $"no job of the run is left, and {open.Length} stages are not complete{first}. "
            + "fulcrum status shows all; the same command submits what is missing";
    }
}
