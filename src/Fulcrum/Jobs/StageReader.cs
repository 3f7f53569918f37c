using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>Reads the states of a run's stages from its files and from Slurm.</summary>
/// <param name="record">The jobs that were submitted; null: none.</param>
/// <param name="queue">Slurm's jobs; null: unknown.</param>
/// <param name="accounts">Slurm's accounting; null: not asked.</param>
internal sealed class StageReader(
    RunLayout run,
    Study study,
    SlurmRecord? record,
    IReadOnlyList<SlurmJob>? queue,
    SlurmAccounts? accounts
)
{
    private readonly double? secondsPerMeasurement = MeanSeconds(run, study);
    private readonly IReadOnlyList<string>? confirmed = SelectionRun.ConfirmedOf(study, run);
    private readonly List<Pulse> running = [];

    /// <summary>Progress of the stages that are running, as far as they were read.</summary>
    public IReadOnlyList<Pulse> Running => running;

    private bool AreTogether => StageGraph.IsTogether(study);

    /// <summary>Returns the state of a stage.</summary>
    public StageStatus Of(StageNode node)
    {
        string name = node.Candidate ?? node.Name;
        if (StageGraph.IsComplete(node, study, run))
        {
            return new StageStatus(name, StageState.Done);
        }

        SlurmEntry? entry = EntryOf(node);
        SlurmJob? job = entry is null ? null : JobOf(entry, node);
        RunLayout place = RunStatus.LatestAttempt(run, node);
        Pulse? pulse = PulseOf(place, node);
        if (job is { IsAlive: true })
        {
            return OfJob(name, job, pulse);
        }

        if (FailureFile.Read(place, node) is { } failure)
        {
            return new StageStatus(name, StageState.Failed, failure.Message);
        }

        if (pulse?.IsAlive(TimeProvider.System.GetUtcNow()) == true)
        {
            return OfRunning(name, pulse);
        }

        if (job is not null)
        {
            return OfEnded(name, job);
        }

        if (entry is not null && AccountedEnd(entry, node) is { } state)
        {
            return new StageStatus(name, StateOfEnd(state), $"the job {entry.Id} ended as {state}");
        }

        bool isInterrupted = pulse is not null && !IsTried(node);
        return new StageStatus(name, isInterrupted ? StageState.Interrupted : StateWithoutProcess(node));
    }

    /// <summary>Returns the state of each round of a search, and of the job that judges.</summary>
    public IEnumerable<StageStatus> RoundsAndJudgement() =>
        StageGraph
            .Of(study, SeekFile.Read(run))
            .Nodes.Where(n => n.Kind == NodeKind.Round)
            .GroupBy(n => n.Part!.Of)
            .Select(round => OfRound(round.Key, [.. round.Select(Of)]))
            .Append(Of(StageNode.Judged));

    // A round has the state of the place that is furthest from its end.
    private static StageStatus OfRound(int round, StageStatus[] places)
    {
        StageStatus first = places.MinBy(p => p.State)!;
        int done = places.Count(p => p.State == StageState.Done);
        return new StageStatus($"round {round}", first.State, first.Why, "", done, places.Length, "candidates");
    }

    // In a study that judges candidates together, the job that trains or tries a candidate ends before the candidate is
    // complete.
    private SlurmEntry? EntryOf(StageNode node)
    {
        bool hasJobBehind =
            node.Candidate is not null && AreTogether && StageGraph.IsComplete(FirstPartOf(node), study, run);
        return hasJobBehind ? null : NamesOf(node).Select(n => record?.LatestOf(n)).FirstOrDefault(e => e is not null);
    }

    private SlurmJob? JobOf(SlurmEntry entry, StageNode node) =>
        NamesOf(node).Select(n => entry.JobOf(n, queue ?? [])).FirstOrDefault(j => j is not null);

    // The names under which a job may have been submitted for a stage.
    private string[] NamesOf(StageNode node) =>
        node.Candidate is not null && AreTogether ? [FirstPartOf(node).Name, node.Name] : [node.Name];

    // The part of a candidate that is done before the candidates are judged together.
    private StageNode FirstPartOf(StageNode node) =>
        node with
        {
            Kind = study.Selects ? NodeKind.Tried : NodeKind.Obtained,
        };

    // Slurm keeps an ended job in its queue for a few minutes only. Later its state is read from the accounting, which
    // may not have it.
    private string? AccountedEnd(SlurmEntry entry, StageNode node)
    {
        if (queue is null || accounts?.StateOf(entry, NamesOf(node).First(entry.Stages.Contains)) is not { } state)
        {
            return null;
        }

        bool hasFailed =
            !state.StartsWith("COMPLETED", StringComparison.Ordinal)
            && state is not ("PENDING" or "RUNNING" or "REQUEUED");
        return hasFailed ? state.ToLowerInvariant() : null;
    }

    private static StageState StateOfEnd(string state) =>
        state.StartsWith("cancelled", StringComparison.Ordinal) ? StageState.Interrupted : StageState.Failed;

    private bool IsTried(StageNode node) =>
        study.Selects && run.Completed($"{node.Place}/{RunLayout.Selection}") is not null;

    // The state of a stage on which no process works and has worked.
    private StageState StateWithoutProcess(StageNode node)
    {
        if (node.Candidate is not { } candidate || confirmed?.Contains(candidate) == true)
        {
            return StageState.Waiting;
        }

        if (IsTried(node))
        {
            return StageState.Tried;
        }

        return confirmed is null ? StageState.Waiting : StageState.Dropped;
    }

    // Several stages may share a folder. So its last pulse counts only if it is of this stage.
    private static Pulse? PulseOf(RunLayout place, StageNode node)
    {
        Pulse? pulse = node.Candidate is null ? Pulse.Read(place) : Pulse.Read(place, node.Place);
        bool isOfStage =
            pulse is not null
            && (
                node.Kind is NodeKind.Round or NodeKind.Judged
                || pulse.Stage == node.Place
                || pulse.Stage.StartsWith(node.Place + "/", StringComparison.Ordinal)
            );
        return isOfStage ? pulse : null;
    }

    private StageStatus OfJob(string name, SlurmJob job, Pulse? pulse)
    {
        string id = job.Array != 0 && job.Tasks is [var task] ? $"{job.Array}_{task}" : $"{job.Whole}";
        if (!job.IsRunning)
        {
            string why = job.IsStuck ? $"{job.Reason}: this will not change by itself" : job.Reason;
            return new StageStatus(name, StageState.Queued, why, Job: id);
        }

        StageStatus status = pulse is null ? new StageStatus(name, StageState.Starting) : OfRunning(name, pulse);
        return status with { Job = id, Node = job.Nodes };
    }

    private StageStatus OfRunning(string name, Pulse pulse)
    {
        running.Add(pulse);
        bool isTraining = pulse.Stage.EndsWith("/obtain", StringComparison.Ordinal);
        // A candidate is measured after its training.
        double secondsAfter = isTraining ? secondsPerMeasurement ?? 0 : 0;
        return new StageStatus(
            name,
            isTraining ? StageState.Training : StageState.Measuring,
            null,
            pulse.What,
            pulse.Done,
            pulse.Total,
            pulse.Unit,
            pulse.Rate is { } rate ? Math.Round(rate, 3) : null,
            pulse.Remaining is { } seconds ? Math.Round(seconds + secondsAfter) : null
        );
    }

    private StageStatus OfEnded(string name, SlurmJob job)
    {
        string folder = run.At("slurm");
        string log =
            Directory.Exists(folder) && Directory.EnumerateFiles(folder, $"{job.Whole}*.log").Any()
                ? $"its log is in {folder}"
            : job.Nodes.Length == 0 ? "it never ran"
            : "it left no log: perhaps its node does not reach the run folder";
        string states = string.Join(' ', job.States).ToLowerInvariant();
        return new StageStatus(
            name,
            job.States.Contains("CANCELLED") ? StageState.Interrupted : StageState.Failed,
            $"the job {job.Id} ended as {states} ({job.Reason}); {log}"
        );
    }

    private static double? MeanSeconds(RunLayout run, Study study)
    {
        double[] seconds =
        [
            .. study
                .Candidates.Keys.Select(n => run.Completed($"{RunLayout.Candidate(n)}/measure")?.Seconds)
                .OfType<double>(),
        ];
        return seconds.Length == 0 ? null : seconds.Average();
    }
}
