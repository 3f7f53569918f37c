using System.CommandLine;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;

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
                Task.FromResult(
                    Sandbox.For(sandbox =>
                    {
                        IReadOnlyList<(TaskPlan Plan, ITask Task)> asked = tasks.OpenPlans(parsed, sandbox);
                        Folders folders = new(parsed.GetRequiredValue(output), parsed.GetValue(results));
                        IReadOnlyList<MeasuredTask> measured = Measure(parsed, model, asked, folders, cancellation);
                        string figures = Write(measured, folders.Answers);
                        WriteResults(measured, folders.Results, model.Name(parsed));
                        Print(parsed, measured, parsed.GetValue(json) ? figures : null);
                        return 0;
                    })
                )
        );
        return verb;
    }

    // Where answers are written, and the results of lm-evaluation-harness; null: those are not wanted.
    private sealed record Folders(string Answers, string? Results);

    // A task with its answers and their scores.
    private sealed record MeasuredTask(ITask Task, IReadOnlyList<Answer> Answers, TaskFigures Figures);

    private static IReadOnlyList<MeasuredTask> Measure(
        ParseResult parsed,
        ModelOptions options,
        IReadOnlyList<(TaskPlan Plan, ITask Task)> tasks,
        Folders folders,
        CancellationToken cancellation
    )
    {
        PromptEncoding encoding = options.Encoding(parsed);
        using ILanguageModel model = options.Load(parsed);
        // Both are made before hours of work, so that a folder that cannot be written is reported at once.
        new[] { folders.Answers, folders.Results }
            .OfType<string>()
            .ToList()
            .ForEach(AtomicFile.CreateNamedFolder);
        TaskMeasurement measurement = new(model, encoding, folders.Answers);
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
        return [.. tasks.Select(t => Measured(parsed, measurement, t.Plan, t.Task, cancellation))];
    }

    /// <summary>Refuses a task that does not fit into the model's context, and says what fits only in part.</summary>
    private static IEnumerable<string> Fitting(TaskPlan plan, ITask task, PromptEncoding encoding, ILanguageModel model)
    {
        int? context = model.ContextLength == int.MaxValue ? null : model.ContextLength;
        ContextFit? fit = ContextFit.Of(task, encoding, context, model.ScoredLength);
        fit?.Refuse("the model", plan, AskingOptions.Names);
        return fit?.Warnings("the model", plan, AskingOptions.Names) ?? [];
    }

    private static MeasuredTask Measured(
        ParseResult parsed,
        TaskMeasurement measurement,
        TaskPlan plan,
        ITask task,
        CancellationToken cancellation
    )
    {
        MeasuredTask? measured = null;
        int total = task.Items.Count;
        new ConsoleProgress(parsed).Show(tell =>
        {
            TaskFigures figures = measurement.Run(
                task,
                done => tell(new RunEvent.Progressed("measure", task.Name, done, total, ProgressUnit.Items)),
                cancellation
            );
            measured = new MeasuredTask(task, measurement.Answers(task), figures);
            ReplyCounts
                .Warnings(task.Name, measured.Answers, ContextFit.LimitOf(plan, AskingOptions.Names))
                .Concat(ReplyCounts.Empty(task.Name, measured.Answers))
                .Concat(task.Doubts(measured.Answers))
                .ToList()
                .ForEach(w => tell(new RunEvent.Warned(w)));
        });
        return measured!;
    }

    /// <summary>Writes <c>measure.json</c>; returns its text.</summary>
    private static string Write(IReadOnlyList<MeasuredTask> measured, string folder)
    {
        TaskFigures all = [];
        measured.SelectMany(m => m.Figures).ToList().ForEach(f => all[f.Key] = f.Value);
        string text = TaskMeasurement.ToJson(all).ToJsonString(Indented) + "\n";
        AtomicFile.WriteText(Path.Combine(folder, "measure.json"), text);
        return text;
    }

    /// <summary>Writes the results as lm-evaluation-harness writes them.</summary>
    /// <param name="folder">Null: they are not wanted.</param>
    private static void WriteResults(IReadOnlyList<MeasuredTask> measured, string? folder, string model)
    {
        if (folder is null)
        {
            return;
        }

        HarnessResults results = new();
        measured.ToList().ForEach(m => results.Add(m.Task, m.Answers, m.Figures));
        results.Write(folder, model, TimeProvider.System.GetUtcNow());
    }

    private static void Print(ParseResult parsed, IReadOnlyList<MeasuredTask> measured, string? json)
    {
        if (json is not null)
        {
            Console.Out.Write(json);
        }
        else if (!parsed.GetValue(CommonOptions.Quiet))
        {
            MeasureTable.Print([.. measured.Select(m => (m.Task, m.Answers, m.Figures))]);
        }
    }
}
