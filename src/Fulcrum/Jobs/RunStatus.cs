using System.Text.Json.Serialization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>What a stage is at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StageState>))]
internal enum StageState
{
    /// <summary>It failed the last time.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The model is being made.</summary>
    [JsonStringEnumMemberName("training")]
    Training,

    /// <summary>The tasks are being asked.</summary>
    [JsonStringEnumMemberName("measuring")]
    Measuring,

    /// <summary>A process has begun and has not progressed yet.</summary>
    [JsonStringEnumMemberName("starting")]
    Starting,

    /// <summary>It was begun, and no process works at it.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted,

    /// <summary>Slurm has not started its job.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>It was not begun.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>It is complete.</summary>
    [JsonStringEnumMemberName("done")]
    Done,
}

/// <summary>The state of one stage or candidate.</summary>
/// <param name="Name">The candidate, or the stage.</param>
/// <param name="Why">Why it failed, was interrupted or waits; null: nothing to say.</param>
/// <param name="What">The part at work.</param>
/// <param name="Done">Units done of that part.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Rate">Units per second.</param>
/// <param name="RemainingSeconds">Until the candidate is complete, as far as can be told.</param>
/// <param name="Job">The job of Slurm.</param>
/// <param name="Node">Where the job runs.</param>
internal sealed record StageStatus(
    string Name,
    StageState State,
    string? Why = null,
    string? What = null,
    int? Done = null,
    int? Total = null,
    string? Unit = null,
    double? Rate = null,
    double? RemainingSeconds = null,
    string? Job = null,
    string? Node = null
)
{
    /// <summary>Whether a process works at it.</summary>
    [JsonIgnore]
    public bool IsRunning => State is StageState.Training or StageState.Measuring or StageState.Starting;
}

/// <summary>The state of a run, read from its files and from Slurm's queue. No lock is taken.</summary>
/// <param name="Run">The run folder.</param>
/// <param name="Stages">Prepare, base, compare and report.</param>
/// <param name="Candidates">In the study's order.</param>
/// <param name="RemainingSeconds">Until all candidates are complete, as far as can be told.</param>
/// <param name="Note">What could not be found out; null: nothing.</param>
internal sealed record RunStatus(
    string Run,
    IReadOnlyList<StageStatus> Stages,
    IReadOnlyList<StageStatus> Candidates,
    double? RemainingSeconds,
    string? Note
)
{
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(2);

    /// <summary>Reads the state of a run, and Slurm's queue if the run has jobs there.</summary>
    /// <exception cref="InputException">As for <see cref="StudyOf"/>.</exception>
    public static RunStatus Of(RunLayout run)
    {
        Study study = StudyOf(run);
        return Of(run, study, QueueOf(run));
    }

    /// <summary>Reads the state of a run.</summary>
    /// <param name="queue">Slurm's jobs; null: unknown.</param>
    /// <exception cref="InputException">As for <see cref="StudyOf"/>.</exception>
    public static RunStatus Of(RunLayout run, IReadOnlyList<SlurmJob>? queue) => Of(run, StudyOf(run), queue);

    private static RunStatus Of(RunLayout run, Study study, IReadOnlyList<SlurmJob>? queue)
    {
        SlurmRecord? record = SlurmRecord.Read(run);
        StageGraph graph = StageGraph.Of(study);
        Reader reader = new(run, study, record, queue ?? []);
        StageStatus[] candidates = [.. graph.Candidates.Select(reader.Of)];
        string? note =
            record is not null && queue is null
                ? "Slurm does not answer, so the states come from the files alone"
                : null;
        return new RunStatus(
            run.Root,
            [.. graph.Nodes.Where(n => n.Candidate is null).Select(reader.Of)],
            candidates,
            Remaining(candidates, reader.MeanSeconds),
            note
        );
    }

    /// <summary>Checks the run folder and returns its study, also before it was prepared.</summary>
    /// <exception cref="InputException">The folder holds no run, or something that is not a plain file or
    /// folder.</exception>
    public static Study StudyOf(RunLayout run)
    {
        PlainFolder.Require(run.Root);
        return File.Exists(run.Study) ? StudyFile.Load(run.Study)
            : File.Exists(run.Submitted) ? StudyFile.Load(run.Submitted)
            : throw new InputException($"{run.Root} holds no run: there is no study.json in it");
    }

    /// <summary>Returns why a stage failed the last time; null if it did not.</summary>
    public static string? FailureOf(RunLayout run, StageNode node) =>
        FailureFile.Read(PlaceOf(run, node), node)?.Message;

    // Where the latest attempt works; without attempts, the run folder.
    private static RunLayout PlaceOf(RunLayout run, StageNode node) =>
        Attempt.All(run.Root, node) is [var latest, ..] ? run with { Attempt = latest } : run;

    /// <summary>Returns Slurm's jobs if the run has any there; null if it has none, or if Slurm does not
    /// answer.</summary>
    public static IReadOnlyList<SlurmJob>? QueueOf(RunLayout run)
    {
        try
        {
            return SlurmRecord.Read(run) is null ? null : SlurmTools.Queue();
        }
        catch (FulcrumException)
        {
            return null;
        }
    }

    private static double? Remaining(StageStatus[] all, double? mean)
    {
        StageStatus[] running = [.. all.Where(c => c.IsRunning)];
        int open = all.Count(c => c.State is StageState.Waiting or StageState.Queued);
        double? longest = running.Max(c => c.RemainingSeconds);
        return running.Length == 0 || (open > 0 && mean is null)
            ? null
            : (longest ?? 0) + Math.Ceiling(open / (double)running.Length) * (mean ?? 0);
    }

    private sealed class Reader(RunLayout run, Study study, SlurmRecord? record, IReadOnlyList<SlurmJob> queue)
    {
        private readonly bool owned = RunOwner.Read(run.Root)?.IsAlive ?? false;
        private readonly double? measuring = Mean(run, study, "measure");
        private readonly double? obtaining = Mean(run, study, "obtain");

        /// <summary>How long a candidate takes on average; null while none is complete.</summary>
        public double? MeanSeconds => measuring is null ? null : measuring + (obtaining ?? 0);

        public StageStatus Of(StageNode node)
        {
            string name = node.Candidate ?? node.Name;
            if (StageGraph.IsComplete(node, study, run))
            {
                return new StageStatus(name, StageState.Done);
            }

            SlurmEntry? entry = record?.LatestOf(node);
            SlurmJob? job = entry?.JobOf(node.Name, queue);
            RunLayout place = PlaceOf(run, node);
            Pulse? pulse = PulseOf(place, node);
            return job is { IsAlive: true } ? OfJob(name, job, pulse)
                : FailureFile.Read(place, node) is { } failure
                    ? new StageStatus(name, StageState.Failed, failure.Message)
                : pulse is not null && IsFresh(pulse) ? Running(name, pulse)
                : job is not null ? Ended(name, job)
                : pulse is not null ? new StageStatus(name, StageState.Interrupted)
                : new StageStatus(name, StageState.Waiting);
        }

        private static Pulse? PulseOf(RunLayout place, StageNode node) =>
            (node.Candidate is null ? Pulse.Read(place) : Pulse.Read(place, node.Place)) is { } pulse
            && (pulse.Stage == node.Place || pulse.Stage.StartsWith(node.Place + "/", StringComparison.Ordinal))
                ? pulse
                : null;

        private bool IsFresh(Pulse pulse) =>
            TimeProvider.System.GetUtcNow() - pulse.Time < Recent
            || (owned && RunOwner.Read(run.Root)!.Host == pulse.Host);

        private StageStatus OfJob(string name, SlurmJob job, Pulse? pulse)
        {
            string id = job.Array != 0 && job.Tasks is [var task] ? $"{job.Array}_{task}" : $"{job.Whole}";
            return job.IsRunning
                ? (pulse is null ? new StageStatus(name, StageState.Starting) : Running(name, pulse)) with
                {
                    Job = id,
                    Node = job.Nodes,
                }
                : new StageStatus(
                    name,
                    StageState.Queued,
                    job.IsStuck ? $"{job.Reason}: this will not change by itself" : job.Reason,
                    Job: id
                );
        }

        private StageStatus Running(string name, Pulse pulse)
        {
            bool trains = pulse.Stage.EndsWith("/obtain", StringComparison.Ordinal);
            return new StageStatus(
                name,
                trains ? StageState.Training : StageState.Measuring,
                null,
                pulse.What,
                pulse.Done,
                pulse.Total,
                pulse.Unit,
                pulse.Rate is { } r ? Math.Round(r, 3) : null,
                pulse.Remaining is { } left ? Math.Round(left + (trains ? measuring ?? 0 : 0)) : null
            );
        }

        private StageStatus Ended(string name, SlurmJob job) =>
            new(
                name,
                job.States.Contains("CANCELLED") ? StageState.Interrupted : StageState.Failed,
                $"the job {job.Id} ended as {string.Join(' ', job.States).ToLowerInvariant()} ({job.Reason}); "
                    + (
                        Directory.EnumerateFiles(run.At("slurm"), $"{job.Whole}*.log").Any()
                            ? $"its log is in {run.At("slurm")}"
                        : job.Nodes.Length == 0 ? "it never ran"
                        : "it left no log: perhaps its node does not reach the run folder"
                    )
            );

        private static double? Mean(RunLayout run, Study study, string stage)
        {
            double[] seconds =
            [
                .. study
                    .Candidates.Keys.Select(n => run.Completed($"{RunLayout.Candidate(n)}/{stage}")?.Seconds)
                    .OfType<double>(),
            ];
            return seconds.Length == 0 ? null : seconds.Average();
        }
    }
}
