using System.CommandLine;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum measure</c></summary>
internal static class MeasureCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonLines.Output)
    {
        WriteIndented = true,
        NewLine = "\n",
    };

    public static Command Create()
    {
        ModelOptions model = new();
        TaskOptions tasks = new();
        Option<string> output = new("--output")
        {
            Description = "The folder of NAME.jsonl, one answer per line, and measure.json.",
            Required = true,
        };
        Option<string?> results = new("--harness-results")
        {
            Description = "A folder for the same results in the form of lm-evaluation-harness.",
        };
        Option<bool> json = new("--json") { Description = "Print measure.json instead of a table." };
        Command verb = new("measure", "Measure one model: its answers to tasks, and their scores.")
        {
            output,
            results,
            json,
        };
        model.AddTo(verb, servers: true);
        tasks.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                Lazy<SqlSandbox> sandbox = new(Sandbox.Open);
                try
                {
                    Measure(
                        parsed,
                        model,
                        tasks.OpenPlans(parsed, sandbox),
                        parsed.GetRequiredValue(output),
                        parsed.GetValue(results),
                        parsed.GetValue(json),
                        cancellation
                    );
                }
                finally
                {
                    if (sandbox.IsValueCreated)
                    {
                        sandbox.Value.Dispose();
                    }
                }

                return Task.FromResult(0);
            }
        );
        return verb;
    }

    /// <summary>Refuses a task that does not fit into the model's context, and says what fits only in part.</summary>
    private static IEnumerable<string> Fitting(TaskPlan plan, ITask task, PromptEncoding encoding, ILanguageModel model)
    {
        int? context = model.ContextLength == int.MaxValue ? null : model.ContextLength;
        ContextFit? fit = ContextFit.Of(task, encoding, context, model.ScoredLength);
        fit?.Refuse("the model", plan, AskingOptions.Names);
        return fit?.Warnings("the model", plan, AskingOptions.Names) ?? [];
    }

    private static void Measure(
        ParseResult parsed,
        ModelOptions options,
        IReadOnlyList<(TaskPlan Plan, ITask Task)> tasks,
        string folder,
        string? results,
        bool json,
        CancellationToken cancellation
    )
    {
        HarnessResults written = new();
        PromptEncoding encoding = options.Encoding(parsed);
        using ILanguageModel model = options.Load(parsed);
        AtomicFile.CreateFolder(folder);
        TaskMeasurement measurement = new(model, encoding, folder);
        TaskFigures all = [];
        List<(ITask, IReadOnlyList<Answer>, TaskFigures)> measured = [];
        // All tasks are checked first, so that an unsupported task is refused before any is measured.
        List<string> warnings = [];
        foreach ((TaskPlan plan, ITask task) in tasks)
        {
            warnings.AddRange(plan.UnusedSettings(AskingOptions.Names.Of));
            warnings.AddRange(Fitting(plan, task, encoding, model).Concat(task.Doubts(null)));
            measurement.Prepare(task, cancellation);
        }

        TaskOptions.TellLayouts(parsed, tasks.Select(t => t.Task));
        new ConsoleProgress(parsed).Show(tell => warnings.ForEach(w => tell(new RunEvent.Warned(w))));
        foreach ((TaskPlan plan, ITask task) in tasks)
        {
            int total = task.Items.Count;
            new ConsoleProgress(parsed).Show(tell =>
            {
                TaskFigures figures = measurement.Run(
                    task,
                    done => tell(new RunEvent.Progressed("measure", task.Name, done, total, ProgressUnit.Items)),
                    cancellation
                );
                figures.ToList().ForEach(f => all[f.Key] = f.Value);
                IReadOnlyList<Answer> answers = measurement.Answers(task);
                written.Add(task, answers, figures);
                measured.Add((task, answers, figures));
                ReplyCounts
                    .Warnings(task.Name, answers, ContextFit.LimitOf(plan, AskingOptions.Names))
                    .Concat(ReplyCounts.Empty(task.Name, answers))
                    .Concat(task.Doubts(answers))
                    .ToList()
                    .ForEach(w => tell(new RunEvent.Warned(w)));
            });
        }

        string print = TaskMeasurement.ToJson(all).ToJsonString(Indented) + "\n";
        AtomicFile.WriteText(Path.Combine(folder, "measure.json"), print);
        if (results is not null)
        {
            AtomicFile.CreateFolder(results);
            written.Write(results, options.Name(parsed), TimeProvider.System.GetUtcNow());
        }

        if (json)
        {
            Console.Out.Write(print);
        }
        else if (!parsed.GetValue(CommonOptions.Quiet))
        {
            MeasureTable.Print(measured);
        }
    }
}
