using Fulcrum.Comparisons;
using Fulcrum.Data.Hub;
using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;

namespace Fulcrum.Runs;

/// <summary>Writes the answers of a run in the form of lm-evaluation-harness: a folder for each model.</summary>
internal static class HarnessExport
{
    /// <summary>Writes <c>base/</c> and <c>NAME/</c> for each candidate, each with <c>results_TIME.json</c> and
    /// <c>samples_TASK_TIME.jsonl</c>.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="time">Part of the names of the files.</param>
    /// <returns>The paths of the files with results.</returns>
    /// <exception cref="InputException">A file of the run is missing or damaged.</exception>
    public static IReadOnlyList<string> Write(RunLayout run, Comparison comparison, string folder, DateTimeOffset time)
    {
        Study study = StudyFile.ReadFile(run.Study);
        string[] tasks = [.. comparison.Candidates[0].Tasks.Select(t => t.Task)];
        string given = study.Base.Model;
        string model = HubReference.IsPinnedName(given) ? given : Path.GetFileName(given.TrimEnd('/', '\\'));
        return
        [
            Write(run, RunLayout.Base, tasks, Path.Combine(folder, RunLayout.Base), model, time),
            .. comparison.Candidates.Select(c =>
                Write(
                    run,
                    RunLayout.Candidate(c.Name),
                    tasks,
                    Path.Combine(folder, "candidates", c.Name),
                    $"{model} ({c.Name})",
                    time
                )
            ),
        ];
    }

    private static string Write(
        RunLayout run,
        string place,
        string[] tasks,
        string folder,
        string model,
        DateTimeOffset time
    )
    {
        HarnessResults results = new();
        foreach (string task in tasks.Where(t => File.Exists(run.Answers(place, t))))
        {
            results.Add(task, AnswerFile.Read(run.Answers(place, task)));
        }

        AtomicFile.CreateNamedFolder(folder);
        return results.Write(folder, model, time);
    }
}
