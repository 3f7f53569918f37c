using System.CommandLine;
using Fulcrum.Models;
using Fulcrum.Report.ModelCard;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum train</c></summary>
internal static class TrainCommand
{
    private static readonly Option<string> Data = new("--data")
    {
        Description =
            "Examples in JSON Lines, a JSON array, CSV, TSV or Parquet (also .gz): prompt and completion, "
            + "prompt_ids and completion_ids, "
            + "messages, ShareGPT conversations, Alpaca instructions, or question and answer.",
        Required = true,
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "The adapter folder. An interrupted training in it is resumed from its last checkpoint.",
        Required = true,
    };

    private static readonly Option<string?> Initial = new("--initial-adapter")
    {
        Description = "Start from this adapter. Its configuration decides rank, alpha and targets.",
    };

    private static readonly Option<string> Order = new("--order")
    {
        Description = "Order of the examples: shuffled (by the seed) or given (as in the data).",
        DefaultValueFactory = _ => "shuffled",
    };

    private static readonly Option<string?> Config = new("--config")
    {
        Description = "A JSON file with the section train of a study.",
    };

    private static readonly Option<string?> Input = new("--input-column")
    {
        Description = "The column of the question, if the layout is not recognised from the columns.",
    };

    private static readonly Option<string?> Target = new("--target-column")
    {
        Description = "The column of the answer.",
    };

    public static Command Create()
    {
        ModelOptions options = new();
        Order.AcceptOnlyFromAmong("shuffled", "given");
        Command verb = new("train", "Train a LoRA adapter on prompts and completions.")
        {
            Data,
            Output,
            Initial,
            Order,
            Config,
            Input,
            Target,
        };
        options.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) => Task.Run(() => Train(options, parsed, cancellation), CancellationToken.None)
        );
        return verb;
    }

    private static void Train(ModelOptions options, ParseResult parsed, CancellationToken cancellation)
    {
        ModelSpec model = options.Model(parsed);
        TrainPlan plan = parsed.GetValue(Config) is { } file ? StudyFile.LoadTrainPlan(file) : new TrainPlan();
        IReadOnlyList<TrainingExample> examples = TrainingShape.Of(plan, Examples(parsed, model)).Examples;
        string output = parsed.GetRequiredValue(Output);
        new ConsoleProgress(parsed).Show(report =>
        {
            TrainingProgress progress = new("train", report);
            ModelEngines.Torch.Train(
                model,
                plan,
                examples,
                output,
                parsed.GetValue(Initial),
                parsed.GetValue(Order) == "given",
                progress.Report,
                cancellation
            );
            progress.End();
        });
        ModelCards.WriteTrained(output, options.Name(parsed), plan, examples.Count);
    }

    private static IReadOnlyList<TrainingExample> Examples(ParseResult parsed, ModelSpec model) =>
        TrainingData.Read(
            parsed.GetRequiredValue(Data),
            model.Folder,
            note => Notices.Say(parsed, note),
            Notices.Warn,
            new ExampleColumns(parsed.GetValue(Input), parsed.GetValue(Target))
        );
}
