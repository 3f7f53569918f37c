using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;

namespace Fulcrum.Runs;

/// <summary>A run folder from the logs of other programs: the same files as after a run, with the same
/// comparison.</summary>
internal static class LoggedRun
{
    private const int LongestName = 64;

    /// <summary>Writes answers, study and comparison of logs into a run folder.</summary>
    /// <param name="baseLog">The log of the base.</param>
    /// <param name="candidates">Logs of the candidates by name.</param>
    /// <param name="targets">Names of target tasks, as in the logs; empty: every task is general.</param>
    /// <param name="margin">In percentage points; null: the default of a study.</param>
    /// <exception cref="InputException">A log is malformed, the logs share no task, or a target is not in
    /// them.</exception>
    public static Comparison Write(
        RunLayout run,
        string baseLog,
        IReadOnlyList<(string Name, string Log)> candidates,
        IReadOnlyList<string> targets,
        double? margin = null
    )
    {
        Dictionary<string, LoggedTask>[] logs =
        [
            .. candidates.Select(c => c.Log).Prepend(baseLog).Select(l => OtherLogs.Read(l).ToDictionary(t => t.Name)),
        ];
        LoggedTask[] shared = [.. logs[0].Values.Where(t => logs.All(l => l.ContainsKey(t.Name)))];
        if (shared.Length == 0)
        {
            throw new InputException($"{baseLog} and the other logs hold no scores of the same task");
        }

        Study study = StudyOf(baseLog, candidates, shared, targets, margin);
        foreach ((string name, TaskPlan plan) in study.Tasks)
        {
            LoggedTask[] sides = [.. logs.Select(l => l[((LogPlan)plan).Logged])];
            sides[1..].ToList().ForEach(s => OtherLogs.CheckSame(sides[0], s));
            string[] places = [RunLayout.Base, .. candidates.Select(c => RunLayout.Candidate(c.Name))];
            foreach ((string place, LoggedTask side) in places.Zip(sides))
            {
                AtomicFile.WriteText(run.Answers(place, name), AnswerFile.Print(side.ToAnswers()));
            }
        }

        AtomicFile.WriteText(run.Study, StudyFile.Print(study, run.Root));
        Comparison comparison = StudyComparison.Of(study, run);
        ComparisonJson.Write(run.Comparison, comparison);
        return comparison;
    }

    private static Study StudyOf(
        string baseLog,
        IReadOnlyList<(string Name, string Log)> candidates,
        LoggedTask[] tasks,
        IReadOnlyList<string> targets,
        double? margin
    )
    {
        if (targets.FirstOrDefault(t => !tasks.Any(l => IsOf(l, t))) is { } unknown)
        {
            throw new InputException(
                $"the logs hold no task {unknown}; they share {string.Join(", ", tasks.Select(t => t.Name))}"
            );
        }

        Dictionary<string, TaskPlan> plans = new(StringComparer.Ordinal);
        foreach (LoggedTask task in tasks)
        {
            TaskRole role = targets.Any(n => IsOf(task, n)) ? TaskRole.Target : TaskRole.General;
            LogPlan plan = new(File: Path.GetFullPath(baseLog), Logged: task.Name, Role: role);
            plans.Add(FreeName(task.Name, plans), plan);
        }

        Study study = new(
            new BasePlan(Path.GetFullPath(baseLog)),
            plans,
            candidates.ToDictionary(
                c => c.Name,
                c => new CandidatePlan(Replies: plans.Keys.ToDictionary(t => t, _ => Path.GetFullPath(c.Log)))
            ),
            Name: "logs"
        );
        bool isMargin = margin is null || (double.IsFinite(margin.Value) && margin >= 0);
        Wanted.That(isMargin, "", "the margin", margin, "0 or more percentage points");
        study = margin is { } points ? study with { Margin = points } : study;
        study.Check();
        return study;
    }

    // A target is named with or without its metric and filter.
    private static bool IsOf(LoggedTask task, string name) =>
        task.Name == name || task.Name.StartsWith(name + "/", StringComparison.Ordinal);

    // Two names may differ only in what is replaced or cut off; the second one gets -2.
    private static string FreeName(string logged, Dictionary<string, TaskPlan> taken)
    {
        string name = NameOf(logged);
        return Enumerable
            .Range(1, taken.Count + 1)
            .Select(i => i == 1 ? name : $"{name}-{i}")
            .First(n => !taken.ContainsKey(n));
    }

    // The name of a task in a study names a file.
    private static string NameOf(string logged)
    {
        string name = string.Concat(
            logged.Select(c =>
                char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c
                : c == '/' ? '.'
                : '-'
            )
        );
        return name.Length <= LongestName ? name : name[..LongestName];
    }
}
