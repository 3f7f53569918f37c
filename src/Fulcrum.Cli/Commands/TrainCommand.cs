using System.CommandLine;
using Fulcrum.Models;
using Fulcrum.Report.ModelCard;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum train</c></summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        ModelOptions options = new();
        Option<string> data = new("--data")
        {
            Description =
                "Examples in JSON Lines, a JSON array, CSV, TSV or Parquet (also .gz): prompt and completion, "
                + "prompt_ids and "
                + "completion_ids, messages, ShareGPT conversations, Alpaca instructions, or question and answer.",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "The adapter folder. An interrupted training in it is resumed from its last checkpoint.",
            Required = true,
        };
        Option<string?> initial = new("--initial-adapter")
        {
            Description = "Start from this adapter. Its configuration decides rank, alpha and targets.",
        };
        Option<string> order = new("--order")
        {
            Description = "Order of the examples: shuffled (by the seed) or given (as in the data).",
            DefaultValueFactory = _ => "shuffled",
        };
        Option<string?> config = new("--config") { Description = "A JSON file with the section train of a study." };
        Option<string?> input = new("--input-column")
        {
            Description = "The column of the question, if the layout is not recognised from the columns.",
        };
        Option<string?> target = new("--target-column") { Description = "The column of the answer." };
        order.AcceptOnlyFromAmong("shuffled", "given");
        Command verb = new("train", "Train a LoRA adapter on prompts and completions.")
        {
            data,
            output,
            initial,
            order,
            config,
            input,
            target,
        };
        options.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
                Task.Run(
                    () =>
                    {
                        ModelSpec model = options.Model(parsed);
                        void Warn(string warning) => Console.Error.WriteLine($"fulcrum: warning: {warning}");
                        void Note(string note)
                        {
                            if (!parsed.GetValue(CommonOptions.Quiet))
                            {
                                Console.Error.WriteLine($"fulcrum: {note}");
                            }
                        }
                        IReadOnlyList<TrainingExample> Read(string file) =>
                            TrainingData.Read(
                                file,
                                model.Folder,
                                Note,
                                Warn,
                                new ExampleColumns(parsed.GetValue(input), parsed.GetValue(target))
                            );
                        TrainPlan plan = parsed.GetValue(config) is { } file
                            ? StudyFile.LoadTrainPlan(file)
                            : new TrainPlan();
                        IReadOnlyList<TrainingExample> examples = TrainingShape
                            .Of(plan, Read(parsed.GetRequiredValue(data)))
                            .Examples;
                        new ConsoleProgress(parsed).Show(tell =>
                        {
                            TrainingProgress progress = new("train", tell);
                            ModelEngines.Torch.Train(
                                model,
                                plan,
                                examples,
                                parsed.GetRequiredValue(output),
                                parsed.GetValue(initial),
                                parsed.GetValue(order) == "given",
                                progress.Report,
                                cancellation
                            );
                            progress.End();
                        });
                        ModelCards.WriteTrained(
                            parsed.GetRequiredValue(output),
                            options.Name(parsed),
                            plan,
                            examples.Count
                        );
                    },
                    CancellationToken.None
                )
        );
        return verb;
    }
}
