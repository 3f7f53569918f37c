using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Jobs;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.View;

/// <summary>Reads run folders while other processes write them, without taking their lock. They are untrusted and are
/// checked for links and special files first.</summary>
internal sealed class RunReader(TimeProvider clock)
{
    private const int MostFiles = 64;

    // Limits the answers in memory, in bytes of their files. The folder is untrusted, and objects take several times as
    // much memory as their files.
    private const long MostBytes = 1L << 27;
    private readonly Dictionary<string, (long Length, DateTime Written, IReadOnlyList<Answer> Answers)> read = [];
    private readonly Lock gate = new();

    /// <summary>Returns the current state of a run.</summary>
    public RunSnapshot Read(string folder)
    {
        try
        {
            RunLayout run = new(folder);
            return Read(run, RunStatus.StudyOf(run));
        }
        catch (Exception e) when (e is FulcrumException or IOException or UnauthorizedAccessException)
        {
            return RunSnapshot.Unreadable(e.Message);
        }
    }

    private RunSnapshot Read(RunLayout run, Study study)
    {
        Comparison? found = BoundedFile.IsThere(run.Comparison) ? ComparisonJson.Read(run.Comparison) : null;
        string[] candidates = [.. study.Candidates.Keys.Where(RelativeName.IsPlain)];
        Pulse[] work = [.. Progress.Read(run, candidates).Where(w => found is null && w.IsAlive(clock.GetUtcNow()))];
        TimedStage[] stages =
        [
            .. StageGraph.StagesOf(study, Judged(run, study, candidates)).Select(s => TimedStage.Of(run, s)),
        ];
        return new RunSnapshot(
            study.Title,
            study.Margin,
            found is not null ? RunPhase.Complete
                : work.Length > 0 ? RunPhase.Running
                : RunPhase.Stopped,
            stages,
            work,
            found is not null || SelectionRun.IsOpen(study, run) ? null : RemainingTime.Of(stages, work),
            found is not null ? Scores(found) : [.. SoFar(run, study, candidates)],
            candidates
                .Select(c => (c, Steps: StepsOf(run, c)))
                .Where(c => c.Steps.Count > 0)
                .ToDictionary(c => c.c, c => c.Steps, StringComparer.Ordinal),
            found
        );
    }

    // After a selection only the selected candidate and its neighbours are judged.
    private static IEnumerable<string> Judged(RunLayout run, Study study, string[] candidates) =>
        SelectionRun.ConfirmedOf(study, run) is { } confirmed ? candidates.Intersect(confirmed) : candidates;

    private static ScoreSoFar[] Scores(Comparison found) =>
        [
            .. from candidate in found.Candidates
            from task in candidate.Tasks
            where task.HasScores
            select new ScoreSoFar(candidate.Name, task.Task, task, IsComplete: true),
        ];

    private IEnumerable<ScoreSoFar> SoFar(RunLayout run, Study study, string[] candidates) =>
        candidates.SelectMany(c => study.NamedTasks.Select(t => SoFar(run, study, c, t))).OfType<ScoreSoFar>();

    private ScoreSoFar? SoFar(RunLayout run, Study study, string candidate, TaskPlan task)
    {
        if (!RelativeName.IsPlain(task.Name))
        {
            return null;
        }

        (IReadOnlyList<Answer> before, bool baseIsComplete) = Answers(run.Answers(RunLayout.Base, task.Name));
        (IReadOnlyList<Answer> after, bool isComplete) = Answers(
            run.Answers(RunLayout.Candidate(candidate), task.Name)
        );
        HashSet<string> both = [.. before.Select(a => a.Id)];
        both.IntersectWith(after.Select(a => a.Id));
        if (both.Count < 2)
        {
            return null;
        }

        PairedResult result = PairedComparison.Of(
            task.Name,
            [.. before.Where(a => both.Contains(a.Id))],
            [.. after.Where(a => both.Contains(a.Id))],
            new ComparisonSettings(
                study.Targets.Contains(task.Name) ? null : study.Margin,
                study.Seed,
                task.Generalises()
            )
        );
        return new ScoreSoFar(candidate, task.Name, result, baseIsComplete && isComplete);
    }

    private (IReadOnlyList<Answer> Answers, bool IsComplete) Answers(string path)
    {
        bool whole = BoundedFile.IsThere(path);
        string file = whole ? path : GrowingAnswers.GrowingName(path);
        FileInfo info = new(file);
        if (!info.Exists || info.Length > MostBytes)
        {
            return ([], false);
        }

        lock (gate)
        {
            if (
                read.TryGetValue(file, out (long Length, DateTime Written, IReadOnlyList<Answer> Answers) seen)
                && (seen.Length, seen.Written) == (info.Length, info.LastWriteTimeUtc)
            )
            {
                return (seen.Answers, whole);
            }
        }

        IReadOnlyList<Answer> answers = AnswerFile.ReadGrowing(file);
        lock (gate)
        {
            if (read.Count >= MostFiles || read.Values.Sum(r => r.Length) + info.Length > MostBytes)
            {
                read.Clear();
            }

            read[file] = (info.Length, info.LastWriteTimeUtc, answers);
        }

        return (answers, whole);
    }

    private static IReadOnlyList<TrainingStep> StepsOf(RunLayout run, string candidate)
    {
        string log = Path.Combine(run.Adapter(candidate), "train.jsonl");
        List<TrainingStep> steps = [];
        try
        {
            foreach (string line in File.Exists(log) ? BoundedFile.ReadLines(log) : [])
            {
                steps.Add(StoredJson.Parse<TrainingStep>(line, log, "a training step"));
            }
        }
        catch (InputException)
        {
            return steps; // the trainer is writing the last line
        }

        return steps;
    }
}
