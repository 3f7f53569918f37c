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
        "candidates/tuned/adapter/adapter_model.safetensors",
        "candidates/tuned/adapter/adapter_config.json",
        "base/spider.jsonl",
        "candidates/tuned/mmlu.jsonl",
    ];

    [Fact]
    public void Run_interrupted_in_training_resumes_byte_identically()
    {
        string whole = Directory.CreateTempSubdirectory().FullName,
            cut = Directory.CreateTempSubdirectory().FullName;
        Run(Study(), whole, null, default);

        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Run(
                Study(),
                cut,
                p =>
                {
                    if (p is RunEvent.Progressed { Stage: "candidates/tuned/obtain", Done: 2 })
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            )
        );
        Run(Study(), cut, null, default);

        Assert.All(Files, f => Assert.True(File.Exists(Path.Combine(whole, f)), f));
        Assert.Equal(
            File.ReadAllText(Path.Combine(whole, "comparison.json")),
            File.ReadAllText(Path.Combine(cut, "comparison.json"))
        );
        Assert.Equal(
            Sha256.OfFile(Path.Combine(whole, "candidates/tuned/adapter/adapter_model.safetensors")),
            Sha256.OfFile(Path.Combine(cut, "candidates/tuned/adapter/adapter_model.safetensors"))
        );
        Comparison comparison = ComparisonJson.Parse(
            File.ReadAllText(Path.Combine(whole, "comparison.json")),
            "comparison.json"
        );
        Assert.Equal([20, 4], comparison.Candidates[0].Tasks.Select(b => b.Items));
        Directory.Delete(whole, recursive: true);
        Directory.Delete(cut, recursive: true);
    }

    [Fact]
    public void A_changed_study_refuses_to_continue_an_old_folder()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Run(Study(), folder, null, default, Stage.Prepare);

        InputException refused = Assert.Throws<InputException>(() =>
            Run(Study() with { Seed = 7 }, folder, null, default, Stage.Prepare)
        );

        Assert.Contains("\"seed\": 7", refused.Message);
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        using RunLock held = RunLock.Open(folder);

        Assert.Contains("another process", Assert.Throws<InputException>(() => RunLock.Open(folder)).Message);
    }

    [Fact]
    public void A_whole_study_gives_the_same_answers_with_and_without_the_token_tree()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            study = TinyStudy.Write(folder, itemsPerSubject: 20);
        // drawn for other shapes, it would be another training
        File.WriteAllText(study, File.ReadAllText(study).Replace(", \"dropout\": 0.1", "", StringComparison.Ordinal));
        Run(StudyFile.Load(study), Path.Combine(folder, "False"), null, default);
        Run(StudyFile.Load(study), Path.Combine(folder, "True"), null, default, plain: true);

        InputException refused = Assert.Throws<InputException>(() =>
            Run(StudyFile.Load(study), Path.Combine(folder, "True"), null, default)
        );
        Assert.Contains("--plain", refused.Message);
        foreach (
            string file in (string[])
                ["base/spider.jsonl", "base/mmlu.jsonl", "candidates/tuned/spider.jsonl", "candidates/tuned/mmlu.jsonl"]
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
        Action<RunEvent>? report,
        CancellationToken cancellation,
        Stage until = Stage.Report,
        bool plain = false
    )
    {
        using RunLock run = RunLock.Open(folder);
        TorchEngine engine = new(plain: plain);
        new Experiment(
            study,
            run,
            new Engines([engine], engine),
            s => StudyCorpus.Open(s, (semantics, limits) => new SqlGrader(EnumNames.Of(semantics), limits).Grade),
            new ExperimentSettings(report, WriteReport: (layout, words) => ReportFiles.Write(layout.Root, words))
        ).Run(until, cancellation);
    }

    private static Study Study()
    {
        string spider = SharedData.Of("data", "spider");
        return new Study(
            new BasePlan(
                SharedData.Of("golden", "models", "qwen2-full-vocabulary"),
                Dtype.F32,
                Device: "cpu",
                Threads: 2
            ),
            new Dictionary<string, TaskPlan>
            {
                ["spider"] = new SpiderPlan(Data: spider, Items: 20, MaxNewTokens: 8),
                ["mmlu"] = new MmluPlan(
                    Data: SharedData.Of("data", "mmlu", "data"),
                    Subjects: ["philosophy", "econometrics"],
                    ItemsPerSubject: 2,
                    Fewshot: 0
                ),
            },
            new Dictionary<string, CandidatePlan>
            {
                ["tuned"] = new(Train: new TrainPlan(BatchSize: 4, Rank: 2, Alpha: 4, LearningRate: 1e-3)),
            },
            Name: "small",
            TrainingData: new TrainingDataPlan(Data: spider, Examples: 16)
        );
    }
}
