using Fulcrum.Comparisons;
using Fulcrum.Guards;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Warns of answers whose scores may be misleading.</summary>
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
    )
    {
        string whose = $"{side}, {task.Name}";
        foreach (string counted in ReplyCounts.Warnings(whose, answers, ContextFit.LimitOf(plan, study.Named)))
        {
            report(new RunEvent.Warned(counted) { IsStatedElsewhere = true });
        }

        IEnumerable<string> doubts = task.Doubts(answers).Select(d => $"{side}, {d}");
        ReplyCounts.Empty(whose, answers).Concat(doubts).ToList().ForEach(w => report(new RunEvent.Warned(w)));
    }

    /// <summary>Reports a general task on which the base knows nothing, before any candidate is trained or
    /// measured.</summary>
    /// <param name="plan">The task's plan, with its name.</param>
    /// <param name="answers">Of the base.</param>
    public static void OfBase(Action<RunEvent> report, Study study, TaskPlan plan, IReadOnlyList<Answer> answers)
    {
        bool general = !study.Targets.Contains(plan.Name) && answers.Any(a => a.Score is not null);
        if (general && !Judgement.HasEvidence(plan.Name, answers, study.Margin, plan.Generalises()))
        {
            report(
                new RunEvent.Warned(
                    $"base, {plan.Name}: the base scores hardly better than without any knowledge, so this general "
                        + "task can show no loss. No candidate will be accepted with it. Choose a task that the base "
                        + "can do"
                )
                {
                    IsStatedElsewhere = true,
                }
            );
        }
    }

    /// <summary>Reports the same of a candidate whose replies were given.</summary>
    public static void OfGiven(Action<RunEvent> report, Study study, string side, Corpus data, RunLayout run)
    {
        foreach ((ITask task, TaskPlan plan) in data.Tasks.Zip(study.NamedTasks))
        {
            string answers = run.Answers(RunLayout.Candidate(side), task.Name);
            Report(report, study, side, task, plan, AnswerFile.Read(answers));
        }
    }
}
