using System.CommandLine;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli;

/// <summary>The options that choose tasks.</summary>
/// <param name="required">Whether at least one task must be named.</param>
internal sealed class TaskOptions(bool required = true)
{
    private readonly Option<string[]> tasks = new("--task")
    {
        Description =
            "A task: KIND, KIND=DIR, a .json file with one task, a .yaml file of lm-evaluation-harness, or a "
            + "data file.",
        Required = required,
    };

    private readonly AskingOptions asking = new("The first N rows, of a group the first N of each member.");

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(tasks);
        asking.AddTo(verb);
    }

    /// <summary>Says on standard error how the files of tasks are read, unless the command is to be quiet.</summary>
    public static void TellLayouts(ParseResult parsed, IEnumerable<ITask> opened)
    {
        foreach (ITask task in opened.Where(t => t.Layout is not null))
        {
            Notices.Say(parsed, $"{task.Name}: {task.Layout}");
        }
    }

    /// <summary>Opens the tasks that the command line names.</summary>
    /// <param name="sandbox">Grades text-to-SQL; opened only if a task needs it.</param>
    public IReadOnlyList<ITask> Open(ParseResult parsed, Lazy<SqlSandbox> sandbox) =>
        [.. OpenPlans(parsed, sandbox).Select(t => t.Task)];

    /// <summary>Opens the same tasks, each with its plan.</summary>
    public IReadOnlyList<(TaskPlan Plan, ITask Task)> OpenPlans(ParseResult parsed, Lazy<SqlSandbox> sandbox)
    {
        string Hub(string id) => HubAccess.Resolver(parsed).DatasetFolder(id).Path;
        TaskOpening opening = new(
            1,
            null,
            (semantics, limits) =>
                (database, gold, predicted) =>
                    sandbox.Value.Grader(EnumNames.Of(semantics), limits)(database, gold, predicted),
            Hub
        );
        TaskReference references = new(Hub, alone: true);
        TaskPlan[] plans = [.. (parsed.GetValue(tasks) ?? []).SelectMany(references.Plans)];
        (TaskPlan Plan, ITask Task)[] opened =
        [
            .. asking
                .Changed(parsed, plans)
                .Select(plan => (plan, plan.OpenFirst(opening, parsed.GetValue(asking.Items) ?? plan.Items))),
        ];
        string? twice = opened.GroupBy(t => t.Task.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null
            ? opened
            : throw new InputException($"--task: two tasks are called {twice}; give one of them another name");
    }
}
