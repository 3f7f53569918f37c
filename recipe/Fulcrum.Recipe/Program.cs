using System.CommandLine;
using Fulcrum;
using Fulcrum.Recipe;

System.Globalization.CultureInfo.DefaultThreadCurrentCulture = System.Globalization.CultureInfo.CurrentCulture = System
    .Globalization
    .CultureInfo
    .InvariantCulture;
Option<string> work = new("--work")
{
    Description = "Where tokenizer, checkpoint and log are kept; a cut-off training goes on from here.",
    DefaultValueFactory = _ => "runs/recipe",
};
Option<string> output = new("--output")
{
    Description = "The folder of the finished model and data.",
    DefaultValueFactory = _ => "assets",
};
Option<int> until = new("--until")
{
    Description = "Stop the training at this step; it goes on from there next time.",
    DefaultValueFactory = _ => int.MaxValue,
};
Option<double> progress = new("--progress")
{
    Description = "How far the training is, 0 to 1.",
    DefaultValueFactory = _ => 1,
};
Option<int> documents = new("--documents") { Description = "How many.", DefaultValueFactory = _ => 20 };

RootCommand root = new(
    "Makes the embedded model and the miniature data of the embedded study, everything from one seed."
)
{
    Verb(
        "all",
        "Data, tokenizer, training and export.",
        p =>
        {
            Data(p);
            TrainTokenizer(p);
            Pretrain(p);
            Export(p);
        },
        work,
        output,
        until
    ),
    Verb("data", "The miniatures of Spider and MMLU.", Data, output),
    Verb("tokenizer", "The byte-level BPE of the pretraining text.", TrainTokenizer, work),
    Verb("pretrain", "The training from scratch; resumable.", Pretrain, work, until),
    Verb("export", "The model as a Hugging Face folder, and its log.", Export, work, output),
    Verb(
        "leaks",
        "Whether the pretraining text holds anything that is measured with.",
        _ => Console.Out.WriteLine($"{Recipe.Leaks()}")
    ),
    Verb(
        "show",
        "Some documents of the pretraining text.",
        p => Recipe.Show(p.GetValue(progress), p.GetValue(documents)),
        progress,
        documents
    ),
};
ParseResult parsed = root.Parse(args);
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (FulcrumException e)
{
    await Console.Error.WriteLineAsync($"recipe: {e.Message}");
    return e.ExitCode;
}

void Data(ParseResult p) => Recipe.WriteData(p.GetRequiredValue(output));
void TrainTokenizer(ParseResult p) => Recipe.TrainTokenizer(p.GetRequiredValue(work));
void Pretrain(ParseResult p) => Recipe.Pretrain(p.GetRequiredValue(work), p.GetValue(until));
void Export(ParseResult p) => Recipe.Export(p.GetRequiredValue(work), p.GetRequiredValue(output));

static Command Verb(string name, string description, Action<ParseResult> run, params Option[] options)
{
    Command command = new(name, description);
    foreach (Option option in options)
    {
        command.Add(option);
    }

    command.SetAction(run);
    return command;
}
