using Fulcrum.Guards;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Warns of answers whose scores may not mean what they seem to.</summary>
internal static class AnswerWarnings
{
    /// <summary>Reports what is doubtful about one side's answers to a task.</summary>
    /// <param name="side">The base, or a candidate.</param>
    /// <param name="plan">The task's plan, with its name.</param>
    public static void Report(
        Action<RunEvent> report,
        Study study,
        string side,
        ITask task,
        TaskPlan plan,
        IReadOnlyList<Answer> answers
    ) =>
        ReplyCounts
            .Warnings($"{side}, {task.Name}", answers, ContextFit.LimitOf(plan, study.Named))
            .Concat(task.Doubts(answers).Select(d => $"{side}, {d}"))
            .ToList()
            .ForEach(w => report(new RunEvent.Warned(w)));

    /// <summary>Reports the same of a candidate whose replies were given, and nothing of any other.</summary>
    public static void OfGiven(Action<RunEvent> report, Study study, string side, Corpus data, RunLayout run)
    {
        bool given = study.Candidates[side].Replies is not null;
        foreach ((ITask task, TaskPlan plan) in given ? data.Tasks.Zip(study.NamedTasks) : [])
        {
            string answers = run.Answers(RunLayout.Candidate(side), task.Name);
            Report(report, study, side, task, plan, AnswerFile.Read(answers));
        }
    }
}
