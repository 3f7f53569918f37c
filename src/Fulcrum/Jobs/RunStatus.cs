using Fulcrum.Files;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs;

/// <summary>The state of a run, read from its files and from Slurm's queue. No lock is taken.</summary>
/// <param name="Run">The run folder.</param>
/// <param name="Stages">Prepare, base, compare and report.</param>
/// <param name="Candidates">In the study's order.</param>
/// <param name="RemainingSeconds">Estimated seconds until all candidates are complete; null: unknown.</param>
/// <param name="Note">A sentence about a state that could not be read; null: none.</param>
internal sealed record RunStatus(
    string Run,
    IReadOnlyList<StageStatus> Stages,
    IReadOnlyList<StageStatus> Candidates,
    double? RemainingSeconds,
    string? Note
)
{
    private static readonly StageNode[] First = [new(Stage.Prepare), new(Stage.Base)],
        Last = [new(Stage.Compare), new(Stage.Report)];

    /// <summary>Reads the state of a run, and Slurm's queue if the run has jobs there.</summary>
    /// <exception cref="InputException">As for <see cref="StudyOf"/>.</exception>
    public static RunStatus Of(RunLayout run)
    {
        Study study = StudyOf(run);
        return Of(run, study, QueueOf(run), new SlurmAccounts(SlurmTools.Run));
    }

    /// <summary>Reads the state of a run.</summary>
    /// <param name="queue">Slurm's jobs; null: unknown.</param>
    /// <exception cref="InputException">As for <see cref="StudyOf"/>.</exception>
    public static RunStatus Of(RunLayout run, IReadOnlyList<SlurmJob>? queue) => Of(run, StudyOf(run), queue, null);

    private static RunStatus Of(RunLayout run, Study study, IReadOnlyList<SlurmJob>? queue, SlurmAccounts? accounts)
    {
        SlurmRecord? record = SlurmRecord.Read(run);
        Reader reader = new(run, study, record, queue, accounts);
        StageStatus[] candidates = [.. study.Candidates.Keys.Select(n => reader.Of(StageNode.Of(n)))],
            others =

            [
                .. First.Select(reader.Of),
                .. record is null || !StageGraph.IsTogether(study) ? [] : reader.Together(),
                .. Last.Select(reader.Of),
            ];
        string? note =
            record is not null && queue is null
                ? "Slurm does not answer, so the states come from the files alone"
                : null;
        return new RunStatus(
            run.Root,
            others,
            candidates,
            SelectionRun.IsOpen(study, run) ? null : Remaining(run, study, candidates, reader.Work),
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

    // Returns the folder of the latest attempt; without attempts the run folder.
    private static RunLayout PlaceOf(RunLayout run, StageNode node) =>
        Attempt.All(run.Root, node) is [var latest, ..] ? run with { Attempt = latest } : run;

    /// <summary>Returns Slurm's jobs if the run has any there; null if it has none, or if Slurm does not
    /// answer.</summary>
    public static IReadOnlyList<SlurmJob>? QueueOf(RunLayout run)
    {
        try
        {
            return SlurmRecord.Read(run) is null ? null : SlurmTools.QueueOf(run);
        }
        catch (FulcrumException)
        {
            return null;
        }
    }

    // Failed candidates are not retried without a command, and candidates that were not selected have no work left.
    private static double? Remaining(RunLayout run, Study study, StageStatus[] candidates, IReadOnlyList<Pulse> work)
    {
        IEnumerable<string> open = candidates
            .Where(c => c.State is not (StageState.Failed or StageState.Tried or StageState.Dropped))
            .Select(c => c.Name);
        return RemainingTime.Of([.. StageGraph.StagesOf(study, open).Select(s => TimedStage.Of(run, s))], work);
    }

    private sealed class Reader(
        RunLayout run,
        Study study,
        SlurmRecord? record,
        IReadOnlyList<SlurmJob>? queue,
        SlurmAccounts? accounts
    )
    {
        private readonly bool owned = RunOwner.Read(run.Root)?.IsAlive ?? false;
        private readonly double? measuring = Mean(run, study);
        private readonly IReadOnlyList<string>? confirmed = SelectionRun.ConfirmedOf(study, run);
        private readonly List<Pulse> work = [];

        /// <summary>Progress of the stages that are running.</summary>
        public IReadOnlyList<Pulse> Work => work;

        public StageStatus Of(StageNode node)
        {
            string name = node.Candidate ?? node.Name;
            if (StageGraph.IsComplete(node, study, run))
            {
                return new StageStatus(name, StageState.Done);
            }

            SlurmEntry? entry = EntryOf(node);
            SlurmJob? job = entry is null
                ? null
                : NamesOf(node).Select(n => entry.JobOf(n, queue ?? [])).FirstOrDefault(j => j is not null);
            RunLayout place = PlaceOf(run, node);
            Pulse? pulse = PulseOf(place, node);
            return job is { IsAlive: true } ? OfJob(name, job, pulse)
                : FailureFile.Read(place, node) is { } failure
                    ? new StageStatus(name, StageState.Failed, failure.Message)
                : pulse is not null && IsFresh(pulse) ? Running(name, pulse)
                : job is not null ? Ended(name, job)
                : Accounted(entry, node) is { } state
                    ? new StageStatus(name, StateOfEnd(state), $"the job {entry!.Id} ended as {state}")
                : pulse is not null && !IsTried(node) ? new StageStatus(name, StageState.Interrupted)
                : new StageStatus(name, StateOfOpen(node));
        }

        /// <summary>Returns the state of each round of a search, and of the job that judges.</summary>
        public IEnumerable<StageStatus> Together() =>
            StageGraph
                .Of(study, SeekFile.Read(run))
                .Nodes.Where(n => n.Kind == NodeKind.Round)
                .GroupBy(n => n.Part!.Of)
                .Select(g => OfRound(g.Key, [.. g.Select(Of)]))
                .Append(Of(StageNode.Judged));

        // Returns the state of the place that is furthest from its end.
        private static StageStatus OfRound(int round, StageStatus[] places)
        {
            StageStatus first = places.MinBy(p => p.State)!;
            int done = places.Count(p => p.State == StageState.Done);
            return new StageStatus($"round {round}", first.State, first.Why, "", done, places.Length, "candidates");
        }

        // In a study that judges candidates together, the job that trains or tries a candidate ends before the
        // candidate is complete.
        private SlurmEntry? EntryOf(StageNode node) =>
            node.Candidate is not null
            && StageGraph.IsTogether(study)
            && StageGraph.IsComplete(TriedOf(node), study, run)
                ? null
                : NamesOf(node).Select(n => record?.LatestOf(n)).FirstOrDefault(e => e is not null);

        private IEnumerable<string> NamesOf(StageNode node) =>
            node.Candidate is null || !StageGraph.IsTogether(study) ? [node.Name] : [TriedOf(node).Name, node.Name];

        private StageNode TriedOf(StageNode node) =>
            node with
            {
                Kind = study.Selects ? NodeKind.Tried : NodeKind.Obtained,
            };

        // Slurm keeps an ended job in its queue for a few minutes only. Later its state is read from the accounting,
        // which may not have it.
        private string? Accounted(SlurmEntry? entry, StageNode node) =>
            entry is not null
            && queue is not null
            && accounts?.StateOf(entry, NamesOf(node).First(entry.Stages.Contains)) is { } state
            && !state.StartsWith("COMPLETED", StringComparison.Ordinal)
            && state is not ("PENDING" or "RUNNING" or "REQUEUED")
                ? state.ToLowerInvariant()
                : null;

        private static StageState StateOfEnd(string state) =>
            state.StartsWith("cancelled", StringComparison.Ordinal) ? StageState.Interrupted : StageState.Failed;

        private bool IsTried(StageNode node) =>
            study.Selects && run.Completed($"{node.Place}/{RunLayout.Selection}") is not null;

        private StageState StateOfOpen(StageNode node) =>
            node.Candidate is not { } name || confirmed?.Contains(name) == true ? StageState.Waiting
            : IsTried(node) ? StageState.Tried
            : confirmed is null ? StageState.Waiting
            : StageState.Dropped;

        private static Pulse? PulseOf(RunLayout place, StageNode node) =>
            (node.Candidate is null ? Pulse.Read(place) : Pulse.Read(place, node.Place)) is { } pulse
            && (
                node.Kind is NodeKind.Round or NodeKind.Judged
                || pulse.Stage == node.Place
                || pulse.Stage.StartsWith(node.Place + "/", StringComparison.Ordinal)
            )
                ? pulse
                : null;

        private bool IsFresh(Pulse pulse) =>
            TimeProvider.System.GetUtcNow() - pulse.Time < Pulse.Lifetime
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
            work.Add(pulse);
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

        private static double? Mean(RunLayout run, Study study)
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
}
