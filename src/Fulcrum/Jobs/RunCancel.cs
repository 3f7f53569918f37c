using System.Diagnostics;
using Fulcrum.Files;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;

namespace Fulcrum.Jobs;

/// <summary>Stops the process that holds a run, and the run's jobs on Slurm. Completed work is kept.</summary>
internal static class RunCancel
{
    private static readonly TimeSpan TimeToSave = TimeSpan.FromMinutes(2),
        SilentWait = TimeSpan.FromSeconds(1),
        PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Stops everything.</summary>
    /// <param name="tell">Gets a sentence while it waits; null: nobody does.</param>
    /// <returns>One sentence for each thing that was stopped; empty: nothing was running.</returns>
    /// <exception cref="InputException">The folder has no run, or its process belongs to another user or runs on
    /// another machine.</exception>
    public static IReadOnlyList<string> Stop(RunLayout run, CancellationToken cancellation, Action<string>? tell = null)
    {
        _ = RunStatus.StudyOf(run);
        // The process first, because it may be submitting jobs. If it cannot be stopped from here, the jobs are stopped
        // all the same.
        string[] stopped;
        try
        {
            stopped = [.. Owner(run, cancellation, tell ?? (_ => { }))];
        }
        catch (InputException)
        {
            _ = Jobs(run).ToArray();
            throw;
        }

        return [.. stopped, .. Jobs(run)];
    }

    private static IEnumerable<string> Jobs(RunLayout run)
    {
        if (SlurmRecord.Read(run) is not { } record)
        {
            yield break;
        }

        IReadOnlyList<SlurmJob> queue =
            SlurmTools.QueueOf(run)
            ?? throw new FulcrumException("squeue failed, so no job was cancelled; try again later");
        record = record.WithNumbers(queue) with { Cancelled = true };
        record.Write(run);
        // Jobs are found by name, so that a job whose number was not recorded is cancelled too.
        long[] alive = [.. record.Alive(queue).SelectMany(e => e.In(queue)).Select(j => j.Whole).Distinct()];
        if (alive.Length > 0)
        {
            SlurmReply reply = SlurmTools.Run("scancel", alive.Select(id => $"{id}"));
            yield return reply.ExitCode == 0
                ? $"cancelled {alive.Length} jobs of Slurm: {string.Join(", ", alive)}"
                : throw new FulcrumException($"scancel failed: {reply.Complaint}");
        }
    }

    private static IEnumerable<string> Owner(RunLayout run, CancellationToken cancellation, Action<string> tell)
    {
        if (RunOwner.Read(run.Root) is not { } owner)
        {
            yield break;
        }

        if (owner.Host != Environment.MachineName)
        {
            throw new InputException(
                $"the run is held by process {owner.Process} on {owner.Host}; run fulcrum cancel there"
            );
        }

        if (!owner.IsAlive || owner.Process == Environment.ProcessId)
        {
            yield break;
        }

        if (!owner.IsTool)
        {
            throw new InputException(
                $"owner.json names process {owner.Process}, which is not fulcrum, so it is left alone"
            );
        }

        if (owner.User == RunOwner.Here.User && !owner.HoldsLockOf(run))
        {
            throw new InputException(
                $"owner.json names process {owner.Process}, which does not hold this run, so it is left alone"
            );
        }

        if (OperatingSystem.IsWindows())
        {
            throw new InputException(
                $"on Windows a run cannot be stopped from here; press Ctrl+C where process {owner.Process} runs"
            );
        }

        if (owner.User != RunOwner.Here.User || Libc.Terminate(owner.Process) != 0)
        {
            throw new InputException($"the process {owner.Process} that holds the run belongs to another user");
        }

        bool ended = Ends(owner, cancellation, tell);
        yield return $"process {owner.Process} "
            + (ended ? "saved its work and ended" : "was asked to end, and is still saving its work");
    }

    private static bool Ends(RunOwner owner, CancellationToken cancellation, Action<string> tell)
    {
        bool told = false;
        for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < TimeToSave; )
        {
            if (!owner.IsAlive)
            {
                return true;
            }

            if (!told && Stopwatch.GetElapsedTime(begin) > SilentWait)
            {
                told = true;
                tell(
                    $"process {owner.Process} was asked to end; waiting up to {Durations.Text(TimeToSave)} "
                        + "until it has saved its work"
                );
            }

            if (cancellation.WaitHandle.WaitOne(PollInterval))
            {
                return false;
            }
        }

        return false;
    }
}
