using System.Globalization;
using Fulcrum.Files;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Jobs.Slurm;

/// <summary>Submits jobs for the stages of a run that are not complete and have no job yet.</summary>
/// <remarks>A job is recorded before it is submitted and again with its number afterwards. If the submission is
/// interrupted between the two, the next one finds the job by its name.</remarks>
/// <param name="submission">The study, and the complete stages to do again.</param>
/// <param name="tool">The program and its first arguments, the same on every node.</param>
/// <param name="flags">Options of every stage.</param>
internal sealed class SlurmRun(
    RunLayout run,
    Submission submission,
    SlurmOptions options,
    IReadOnlyList<string> tool,
    IReadOnlyList<string> flags
)
{
    // Slurm's default limit of an array's index is 1,000.
    private const int LargestArray = 1000;

    private readonly Study study = submission.Study;
    private readonly StageGraph graph = StageGraph.Of(submission.Study, SeekFile.Read(run));
    private readonly List<(IReadOnlyList<StageNode> Stages, long Id)> submitted = [];
    private IReadOnlyList<SlurmJob> queue = [];
    private SlurmRecord record = SlurmRecord.New();

    /// <summary>Refuses to work on a run in this process while jobs work on it.</summary>
    /// <exception cref="InputException">Jobs of the run wait or run.</exception>
    public static void RefuseJobs(RunLayout run)
    {
        if (
            SlurmRecord.Read(run) is { Jobs.Count: > 0 } record
            && RunStatus.QueueOf(run) is { } queue
            && record.Alive(queue).Count() is > 0 and var count
        )
        {
            throw new InputException(
                $"{count} jobs of the run {run.Root} wait or run on Slurm; wait for them, "
                    + "or stop them with fulcrum cancel"
            );
        }
    }

    /// <summary>Submits the missing jobs.</summary>
    /// <param name="until">The last stage.</param>
    /// <param name="cancellation">Ends the submission between two jobs.</param>
    /// <returns>The number of submitted jobs; an array counts as one.</returns>
    /// <exception cref="FulcrumException">Slurm refuses or does not answer. Jobs that were already submitted
    /// stay.</exception>
    public int Submit(Stage until, CancellationToken cancellation)
    {
        options.Check();
        ReadJobs();
        WriteScript("try", [graph.Nodes[0]]);
        options.TryOut(ScriptPath("try"), study.Base.Threads);
        SetAside(until);
        foreach (StageNode[] group in Groups().Where(g => g[0].Stage <= until))
        {
            SubmitMissing(group, cancellation);
        }

        foreach (StageNode last in graph.Last.Where(n => n.Stage <= until))
        {
            SubmitLast(last, cancellation);
        }

        return submitted.Count;
    }

    private void ReadJobs()
    {
        queue =
            SlurmTools.QueueOf(run)
            ?? throw new FulcrumException(
                "squeue failed, so the cluster's controller does not answer; try again later"
            );
        record = (SlurmRecord.Read(run) ?? record).WithNumbers(queue) with { Cancelled = false };
        record.Write(run);
    }

    // The stages before the candidates have a job each. Candidates that can run at the same time share a job array.
    private IEnumerable<StageNode[]> Groups() =>
        [
            .. graph.Nodes.Where(n => n.Stage < Stage.Candidates).Select(n => (StageNode[])[n]),
            .. graph.Levels().SelectMany(level => level.Chunk(LargestArray)),
        ];

    // Moves away the folder of a stage that an interrupted process has left incomplete.
    private void SetAside(Stage until)
    {
        IEnumerable<StageNode> idle = graph.Nodes.Where(n =>
            n.Stage <= Stage.Candidates && n.Stage <= until && !IsWorkedAt(n)
        );
        StageNode[] incomplete =
        [
            .. idle.Where(n => submission.Doubtful.Contains(n) || !StageGraph.IsComplete(n, study, run)),
        ];
        foreach (StageNode node in incomplete)
        {
            Attempt.SetAside(run.Root, node);
        }
    }

    private bool IsWorkedAt(StageNode node) => JobOf(node) is { IsAlive: true, IsStuck: false };

    private void SubmitMissing(IReadOnlyList<StageNode> group, CancellationToken cancellation)
    {
        StageNode[] missing = [.. group.Where(n => !StageGraph.IsComplete(n, study, run) && !IsWorkedAt(n))];
        if (missing.Length == 0)
        {
            return;
        }

        foreach (StageNode node in missing)
        {
            CancelJobOf(node);
        }

        Submit(missing, Dependency(missing), isArray: missing[0].Stage == Stage.Candidates, cancellation);
    }

    // The comparison reads every candidate. If new jobs were submitted, an earlier comparison does not wait for them.
    // So it is cancelled and submitted again.
    private void SubmitLast(StageNode node, CancellationToken cancellation)
    {
        bool haveNewJobs = submitted.Count > 0;
        if (!haveNewJobs && (IsWorkedAt(node) || StageGraph.IsComplete(node, study, run)))
        {
            return;
        }

        CancelJobOf(node);
        // A command that follows the run must not take old files for those of the new job.
        File.Delete(run.ManifestPath(node.Place));
        Submit([node], Dependency([node]), isArray: false, cancellation);
    }

    private SlurmJob? JobOf(StageNode node) => record.LatestOf(node)?.JobOf(node.Name, queue);

    private void CancelJobOf(StageNode node)
    {
        if (record.LatestOf(node) is { } entry && JobOf(node) is { IsAlive: true } job)
        {
            SlurmTools.Run("scancel", TaskOf(entry, job, node));
        }
    }

    /// <summary>Returns what a job waits for, as Slurm writes it; null: nothing.</summary>
    /// <remarks>A derived candidate waits until the jobs of its parents have ended, successfully or not, and then
    /// reports which parent is missing. With afterok, Slurm would never start it after a failed parent.</remarks>
    private string? Dependency(IReadOnlyList<StageNode> nodes)
    {
        StageNode[] needed = [.. nodes.SelectMany(n => graph.Needs[n]).Distinct()];
        string[] ids =
        [
            .. needed
                .Where(n => !StageGraph.IsComplete(n, study, run))
                .Select(IdOf)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal),
        ];
        if (ids.Length == 0)
        {
            return null;
        }

        bool hasParents = nodes[0].Candidate is not null && needed.Any(n => n.Candidate is not null);
        return $"{(hasParents ? "afterany" : "afterok")}:{string.Join(':', ids)}";
    }

    // Returns what other jobs name to wait for a stage; null if no job does it. Of an array that was submitted earlier
    // only waiting and running tasks count. Others may have failed and been submitted again.
    private string? IdOf(StageNode node)
    {
        if (submitted.LastOrDefault(s => s.Stages.Contains(node)) is { Stages: not null } own)
        {
            return $"{own.Id}";
        }

        return record.LatestOf(node) is { } entry && JobOf(node) is { IsAlive: true } job
            ? TaskOf(entry, job, node)
            : null;
    }

    // The number is that of the queue. The one in the run folder is untrusted and may belong to another job.
    private static string TaskOf(SlurmEntry entry, SlurmJob job, StageNode node) =>
        entry.IsArray ? $"{job.Whole}_{entry.Stages.ToList().IndexOf(node.Name)}" : $"{job.Whole}";

    private void Submit(
        IReadOnlyList<StageNode> stages,
        string? dependency,
        bool isArray,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        SlurmEntry entry = new(record.NextName(), [.. stages.Select(s => s.Name)], isArray);
        record = record.With(entry);
        record.Write(run);
        WriteScript(entry.Name, stages);
        string[] arguments = Arguments(entry, stages, dependency);
        SlurmReply reply = SlurmTools.Run("sbatch", arguments);
        string number = reply.Output.Trim().Split(';')[0];
        if (reply.ExitCode != 0 || !long.TryParse(number, CultureInfo.InvariantCulture, out long id))
        {
            SlurmOptions.Refuse(reply, arguments[..^1]);
            return;
        }

        record = record.With(entry with { Id = id });
        record.Write(run);
        submitted.Add((stages, id));
    }

    private string[] Arguments(SlurmEntry entry, IReadOnlyList<StageNode> stages, string? dependency)
    {
        string atOnce = options.MaxJobs is { } most ? $"%{most}" : "";
        return
        [
            "--parsable",
            $"--job-name={entry.Name}",
            $"--comment={entry.Name} {stages[0].Name}",
            $"--output={LogPattern(entry.IsArray)}",
            "--open-mode=append",
            "--requeue",
            "--kill-on-invalid-dep=yes",
            .. dependency is null ? (string[])[] : [$"--dependency={dependency}"],
            .. entry.IsArray ? (string[])[$"--array=0-{stages.Count - 1}{atOnce}"] : [],
            .. options.Arguments(stages[0].HasAttempts, study.Base.Threads),
            ScriptPath(entry.Name),
        ];
    }

    private string ScriptPath(string name) => run.At("slurm", name + ".sh");

    // Slurm replaces patterns such as %A in the path, so a percent sign is doubled.
    private string LogPattern(bool isArray) =>
        run.At("slurm").Replace("%", "%%", StringComparison.Ordinal) + (isArray ? "/%A_%a.log" : "/%j.log");

    private void WriteScript(string name, IReadOnlyList<StageNode> stages) =>
        AtomicFile.WriteText(ScriptPath(name), JobScript.Of(tool, run, stages, flags));
}
