#:project ../src/Fulcrum.Torch
#:property UsesLibtorch=true
#:property PublishAot=false
// The experiment of the notebook, step by step: dotnet run samples/trade-off.cs [RUN-FOLDER] [ITEMS]
// docs/notebook.md shows each step beside the notebook's cell, with its output.
using System.Globalization;
using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Torch;

// 1. Configuration: model, data, samples, one named LoRA recipe, seed.
string here = AppContext.GetData("EntryPointFileDirectoryPath") as string ?? Environment.CurrentDirectory;
string Asset(string name) => Path.GetFullPath(Path.Combine(here, "..", "assets", name));
int? items = args.Length > 1 ? int.Parse(args[1]) : null; // null: all items
TrainPlan lora = new(Epochs: 4, LearningRate: 3e-3, WarmupSteps: 20, Rank: 8, Alpha: 16, TargetModules: ["all-linear"]);
Study study = new(
    new BasePlan(Asset("model"), Dtype.F32, Device: "cpu", Threads: 2),
    new Dictionary<string, TaskPlan>
    {
        ["spider"] = new SpiderPlan(Data: Asset("spider"), Items: items, MaxNewTokens: 48),
        ["mmlu"] = new MmluPlan(Data: Asset("mmlu"), Items: items),
    },
    new Dictionary<string, CandidatePlan> { ["tuned"] = new(Train: lora) },
    TrainingData: new TrainingDataPlan(Data: Asset("spider"), Examples: items),
    Seed: 42
);

// 2. Data: questions, schemas and databases of Spider, and MMLU's subjects.
using SqlSandbox sandbox = SqlSandbox.Open();
Corpus data = StudyCorpus.Open(study, sandbox);
(ITask spider, ITask mmlu) = (data.Tasks[0], data.Tasks[1]);
Console.WriteLine($"{data.Training.Count} training examples, {spider.Items.Count} and {mmlu.Items.Count} items");

// 3. Metric: a query is graded by what it returns, next to the reference query.
foreach (string query in new[] { spider.Items[0].Target, "SELECT 1", "SELECT nothing" })
{
    Grade grade = spider.Grade(spider.Items[0], new Reply.Written(query, FinishReason.Stop, Tokens: 0));
    Console.WriteLine($"{query}: {grade.Score} {grade.Verdict} {grade.Reason}");
}

// 4. Baseline: both tasks, before any training.
TorchEngine torch = new();
using RunLock run = RunLock.Open(args.Length > 0 ? args[0] : "runs/trade-off");
Experiment experiment = new(study, run, new Engines([torch], torch), _ => data);
_ = experiment.Run(Stage.Base);
Scores("base");

// 5. Training, and 6. the same measurement with the adapter.
_ = experiment.Run(Stage.Candidates);
double[] loss = Numbers(Path.Combine(run.Layout.Adapter("tuned"), "train.jsonl"), "loss");
Console.WriteLine($"{loss.Length} steps, loss {loss[0]:0.00} to {loss[^1]:0.00}");
Scores(RunLayout.Candidate("tuned"));

// 7. Comparison, in two languages.
CandidateComparison tuned = experiment.Run(Stage.Compare)!.Candidates[0];
Table("en", "Performance before and after specialisation", "metric", "before", "after", "change in points (95%)");
Table("pt-BR", "Desempenho antes e depois da especialização", "métrica", "antes", "depois", "mudança em pontos (95%)");
Console.WriteLine($"\n{tuned.Verdict.Kind} (margin: {tuned.Verdict.Margin} points)");

void Scores(string place)
{
    foreach (ITask task in data.Tasks)
    {
        double[] scores = Numbers(run.Layout.Answers(place, task.Name), "score");
        Console.WriteLine($"{place} {task.Name}: {100 * scores.Average():0.0}% of {scores.Length} items");
    }
}

static double[] Numbers(string file, string key) =>
    [.. File.ReadLines(file).Select(line => JsonNode.Parse(line)![key]!.GetValue<double>())];

void Table(string language, string caption, string metric, string before, string after, string difference)
{
    CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(language);
    Console.WriteLine($"\n{caption}\n{metric, -18} {before, 7} {after, 7}   {difference}");
    foreach (PairedResult r in tuned.Tasks.SelectMany(t => new[] { t }.Concat(t.Groups ?? [])))
    {
        (string name, Difference d) = (r.Group is null ? r.Task : $"  {r.Group}", r.Difference);
        Console.Write($"{name, -18} {100 * r.Before.Score, 6:0.0}% {100 * r.After.Score, 6:0.0}%   ");
        Console.WriteLine($"{100 * d.Points:+0.0;−0.0} [{100 * d.Low:+0.0;−0.0}; {100 * d.High:+0.0;−0.0}]");
    }
}
