using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class ExperimentTests
{
    private static readonly string[] Files =
    [
        "comparison.json",
        "report.html",
        "report.md",
        "results.csv",
        "adapter/adapter_model.safetensors",
        "adapter/adapter_config.json",
        "before/spider.jsonl",
        "after/mmlu.jsonl",
    ];

    [Fact]
    public void A_study_runs_to_its_report_and_a_run_cut_off_in_training_ends_with_the_same_bytes()
    {
        string whole = Directory.CreateTempSubdirectory().FullName,
            cut = Directory.CreateTempSubdirectory().FullName;
        Run(Study(), whole, _ => { }, default);

        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Run(
                Study(),
                cut,
                p =>
                {
                    if (p is { Stage: "train", Done: 2, Unit: "steps" })
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            )
        );
        Run(Study(), cut, _ => { }, default);

        Assert.All(Files, f => Assert.True(File.Exists(Path.Combine(whole, f)), f));
        Assert.Equal(
            File.ReadAllText(Path.Combine(whole, "comparison.json")),
            File.ReadAllText(Path.Combine(cut, "comparison.json"))
        );
        Assert.Equal(
            Sha256.OfFile(Path.Combine(whole, "adapter/adapter_model.safetensors")),
            Sha256.OfFile(Path.Combine(cut, "adapter/adapter_model.safetensors"))
        );
        Comparison comparison = ComparisonJson.Parse(
            File.ReadAllText(Path.Combine(whole, "comparison.json")),
            "comparison.json"
        );
        Assert.Equal([20, 4], comparison.Tasks.Select(b => b.Items));
        Directory.Delete(whole, recursive: true);
        Directory.Delete(cut, recursive: true);
    }

    [Fact]
    public void A_changed_study_refuses_to_continue_an_old_folder()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Run(Study(), folder, _ => { }, default, "prepare");

        InputException refused = Assert.Throws<InputException>(() =>
            Run(Study() with { Seed = 7 }, folder, _ => { }, default, "prepare")
        );

        Assert.Contains("\"seed\": 7", refused.Message);
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        using RunFolder held = RunFolder.Open(folder);

        Assert.Contains("another process", Assert.Throws<InputException>(() => RunFolder.Open(folder)).Message);
    }

    [Fact]
    public void A_whole_study_gives_the_same_answers_with_and_without_the_token_tree()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            study = TinyStudy.Write(folder, itemsPerSubject: 20);
        // drawn for other shapes, it would be another training
        File.WriteAllText(study, File.ReadAllText(study).Replace(", \"dropout\": 0.1", "", StringComparison.Ordinal));
        Run(StudyFile.Load(study), Path.Combine(folder, "False"), _ => { }, default);
        Run(StudyFile.Load(study), Path.Combine(folder, "True"), _ => { }, default, plain: true);

        InputException refused = Assert.Throws<InputException>(() =>
            Run(StudyFile.Load(study), Path.Combine(folder, "True"), _ => { }, default)
        );
        Assert.Contains("begun with --plain", refused.Message);
        foreach (
            string file in (string[])
                ["before/spider.jsonl", "before/mmlu.jsonl", "after/spider.jsonl", "after/mmlu.jsonl"]
        )
        {
            Answer[] shared = [.. AnswerFile.Read(Path.Combine(folder, "False", file))],
                plain = [.. AnswerFile.Read(Path.Combine(folder, "True", file))];
            Assert.NotEmpty(shared);
            Assert.True(
                file.EndsWith("spider.jsonl", StringComparison.Ordinal)
                    || !plain
                        .SelectMany(a => a.LogLikelihoods!)
                        .SequenceEqual(shared.SelectMany(a => a.LogLikelihoods!)),
                "equal to the last bit: the other form was not used"
            );
            Assert.Equal(
                plain.Select(a => (a.Id, a.Score, a.Prediction, a.Output, a.Choice)),
                shared.Select(a => (a.Id, a.Score, a.Prediction, a.Output, a.Choice))
            );
        }

        Directory.Delete(folder, recursive: true);
    }

    private static void Run(
        Study study,
        string folder,
        Action<Progress> tell,
        CancellationToken cancellation,
        string? until = null,
        bool plain = false
    )
    {
        using RunFolder run = RunFolder.Open(folder);
        new Experiment(
            study,
            run,
            new TorchEngine(plain: plain),
            s => StudyCorpus.Open(s, (semantics, limits) => new SqlGrader(EnumNames.Of(semantics), limits).Grade),
            tell,
            writeReport: ReportFiles.Write
        ).Run(until, "en", cancellation);
    }

    private static Study Study()
    {
        string spider = SharedData.Of("data", "spider");
        return new Study(
            "small",
            new ModelPlan(
                SharedData.Of("golden", "models", "qwen2-full-vocabulary"),
                Dtype.F32,
                Device: "cpu",
                Threads: 2
            ),
            [
                new SpiderPlan("spider", spider, Items: 20, MaxNewTokens: 8),
                new MmluPlan(
                    "mmlu",
                    SharedData.Of("data", "mmlu", "data"),
                    Subjects: ["philosophy", "econometrics"],
                    ItemsPerSubject: 2,
                    Fewshot: 0
                ),
            ],
            new TrainingDataPlan(Data: spider, Examples: 16),
            new TrainPlan(BatchSize: 4, Rank: 2, Alpha: 4, LearningRate: 1e-3)
        );
    }
}
