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
        StageReader reader = new(run, study, record, queue, accounts);
        StageStatus[] candidates = [.. study.Candidates.Keys.Select(n => reader.Of(StageNode.Of(n)))];
        bool haveRounds = record is not null && StageGraph.IsTogether(study);
        StageStatus[] stages =
        [
            .. First.Select(reader.Of),
            .. haveRounds ? reader.RoundsAndJudgement() : [],
            .. Last.Select(reader.Of),
        ];
        double? remaining = SelectionRun.IsOpen(study, run) ? null : Remaining(run, study, candidates, reader.Running);
        bool isSilent = record is not null && queue is null;
        string? note = isSilent ? "Slurm does not answer, so the states come from the files alone" : null;
        return new RunStatus(run.Root, stages, candidates, remaining, note);
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
        FailureFile.Read(LatestAttempt(run, node), node)?.Message;

    /// <summary>Returns the folder of the latest attempt at a stage; without attempts the run folder.</summary>
    public static RunLayout LatestAttempt(RunLayout run, StageNode node) =>
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
    private static double? Remaining(RunLayout run, Study study, StageStatus[] candidates, IReadOnlyList<Pulse> running)
    {
        IEnumerable<string> open = candidates
            .Where(c => c.State is not (StageState.Failed or StageState.Tried or StageState.Dropped))
            .Select(c => c.Name);
        return RemainingTime.Of([.. StageGraph.StagesOf(study, open).Select(s => TimedStage.Of(run, s))], running);
    }
}
