using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
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
        string folder = Directory.CreateTempSubdirectory().FullName,
            whole = Path.Combine(folder, "whole"),
            cut = Path.Combine(folder, "cut");
        Study study = Study(folder);
        Run(study, whole, null, default);

        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Run(
                study,
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
        Run(study, cut, null, default);

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
        Assert.Equal([12, 8], comparison.Candidates[0].Tasks.Select(b => b.Items));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_changed_study_refuses_to_continue_an_old_folder()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            run = Path.Combine(folder, "run");
        Study study = Study(folder);
        Run(study, run, null, default, Stage.Prepare);

        InputException refused = Assert.Throws<InputException>(() =>
            Run(study with { Seed = 7 }, run, null, default, Stage.Prepare)
        );

        Assert.Contains("\"seed\": 7", refused.Message);
        Directory.Delete(folder, recursive: true);
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
            study = TinyStudy.Write(folder, itemsPerSubject: 8);
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

    // Tiny, as it is written for two threads.
    private static Study Study(string folder)
    {
        Study study = StudyFile.Load(TinyStudy.Write(folder, itemsPerSubject: 4));
        return study with
        {
            Base = study.Base with { Threads = 2 },
            Candidates = study.Candidates.ToDictionary(
                c => c.Key,
                c => c.Value with { Train = c.Value.Train is { } t ? t with { CheckpointEvery = null } : null }
            ),
        };
    }
}
