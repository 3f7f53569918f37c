using System.CommandLine;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum measure</c></summary>
internal static class MeasureCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonLines.Output) { WriteIndented = true };

    public static Command Create()
    {
        ModelOptions model = new();
        TaskOptions tasks = new();
        Option<string> output = new("--output")
        {
            Description = "The folder for NAME.jsonl, an answer a line, and measure.json.",
            Required = true,
        };
        Command verb = new("measure", "One model's answers to tasks, and their scores.") { output };
        model.AddTo(verb);
        tasks.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                Lazy<SqlSandbox> sandbox = new(Sandbox.Open);
                try
                {
                    Measure(parsed, model, tasks.Open(parsed, sandbox), parsed.GetRequiredValue(output), cancellation);
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

    private static void Measure(
        ParseResult parsed,
        ModelOptions options,
        IReadOnlyList<ITask> tasks,
        string folder,
        CancellationToken cancellation
    )
    {
        PromptEncoding encoding = options.Encoding(parsed);
        using ILanguageModel model = options.Load(parsed);
        AtomicFile.CreateFolder(folder);
        TaskMeasurement measurement = new(model, encoding, folder);
        TaskFigures all = [];
        // All tasks first: a task that the model cannot do is refused before another is measured.
        tasks.ToList().ForEach(task => measurement.Prepare(task, cancellation));
        foreach (ITask task in tasks)
        {
            int total = task.Items.Count;
            new ConsoleProgress(parsed).Show(tell =>
            {
                foreach (
                    (string name, OrderedDictionary<string, MeasuredValue> figures) in measurement.Run(
                        task,
                        done => tell(new RunEvent.Progressed("measure", task.Name, done, total, ProgressUnit.Items)),
                        cancellation
                    )
                )
                {
                    all[name] = figures;
                }
            });
        }

        AtomicFile.WriteText(
            Path.Combine(folder, "measure.json"),
            TaskMeasurement.ToJson(all).ToJsonString(Indented) + "\n"
        );
    }
}
