using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Llama;
using Fulcrum.Llama.Export;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>One adapter in its four forms: beside the base that it was trained on or merged into it, in four bits or in
/// full.</summary>
public sealed class ServingFormTests
{
    private static readonly int[] Prompt = [5, 9, 14, 3, 200, 31];

    [Fact]
    public void Merging_changes_only_rounding()
    {
        string adapter = SharedData.Of("golden", "lora", "all-linear");
        double[] Of(string quantization, string? form) =>
            Scores(
                TrainingFormTests.Plan("f32", quantization),
                form is null ? null : new AppliedAdapter(adapter, 1, EnumNames.Parse<ServingForm>(form, "form"))
            );

        double[] beside = Of("nf4-double", "beside"),
            merged = Of("nf4-double", "merged"),
            full = Of("nf4-double", "unquantized-beside"),
            fullMerged = Of("nf4-double", "unquantized-merged");

        Assert.InRange(Apart(beside, merged), 0, 1e-4);
        Assert.InRange(Apart(full, fullMerged), 0, 1e-4);
        Assert.Equal(Of("none", "beside"), full);
        Assert.InRange(Apart(beside, full), 1e-3, 1e3);
        Assert.InRange(Apart(beside, Of("nf4-double", null)), 1e-3, 1e3);
        double[] coded = Of("none", "int8-beside");
        Assert.Equal(Of("nf4-double", "int8-beside"), coded);
        Assert.InRange(Apart(full, coded), 1e-6, Apart(beside, full));
    }

    [Fact]
    public void A_study_on_a_quantised_base_shows_the_forms_side_by_side()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Study study = StudyFile.Load(TinyStudy.Write(folder, itemsPerSubject: 20));
        study = study with
        {
            Base = study.Base with { Quantization = Quantization.Nf4Double },
            Derive = new DerivePlan(
                Forms:
                [
                    ServingForm.Merged,
                    ServingForm.UnquantizedAttached,
                    ServingForm.UnquantizedMerged,
                    ServingForm.Int8Attached,
                ]
            ),
            OverrideGuards = GuardNames.All,
        };

        Comparison comparison = Run(study, Path.Combine(folder, "run"));
        Assert.Equal(
            ["merged", "unquantized-beside", "unquantized-merged", "int8-beside"],
            comparison.TradeOff!.Points.Where(p => p.Kind == PointKind.Serving).Select(p => p.Form)
        );
        Assert.Contains("Serving forms", File.ReadAllText(Path.Combine(folder, "run", "report.html")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Derived_GGUF_files_are_rungs_of_a_ladder_and_are_asked_as_the_base_is()
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            run = Path.Combine(folder, "run");
        Study study = StudyFile.Load(TinyStudy.Write(folder, itemsPerSubject: 20)) with
        {
            Derive = new DerivePlan(
                Forms: [ServingForm.Merged],
                Gguf: [GgufFileType.Q8_0, GgufFileType.F32, GgufFileType.Q4_K_M]
            ),
            OverrideGuards = GuardNames.All,
        };

        Comparison comparison = Run(study, run);

        ServingLadder ladder = Assert.Single(comparison.Ladders!);
        Assert.Equal(
            [
                ("tuned-merged", "tuned"),
                ("tuned-f32", "tuned-merged"),
                ("tuned-q8_0", "tuned-f32"),
                ("tuned-q4_k_m", "tuned-q8_0"),
            ],
            ladder.Rungs.Select(r => (r.Name, r.Against))
        );
        Assert.All(ladder.Rungs, r => Assert.Equal(["spider", "mmlu"], r.Tasks.Select(t => t.Task)));
        Assert.Equal((0, 0), (ladder.Rungs[1].Tasks[1].Gained, ladder.Rungs[1].Tasks[1].Lost));
        Assert.Empty(StudyComparison.ProtocolDifferences(study, new RunLayout(run), "tuned-q8_0", "mmlu"));
        Assert.Contains("Lost on the way to serving", File.ReadAllText(Path.Combine(run, "report.html")));
        Assert.Contains("tuned as it is served: ", File.ReadAllText(Path.Combine(run, "report.md")));
        Directory.Delete(folder, recursive: true);
    }

    private static void WriteGguf(ModelSpec model, GgufFileType type, string file)
    {
        using IModelWeights weights = ModelWeights.Open(model);
        GgufExport.Write(weights, model.Folder, file, type, threads: 1);
    }

    private static Comparison Run(Study study, string folder)
    {
        using RunLock run = RunLock.Open(folder);
        TorchEngine engine = new();
        return new Experiment(
            study,
            run,
            new Engines([engine, new LlamaEngine()], engine, WriteGguf),
            s => StudyCorpus.Open(s, (semantics, limits) => new SqlGrader(EnumNames.Of(semantics), limits).Grade),
            new ExperimentSettings(null, WriteReport: (layout, words) => ReportFiles.Write(layout.Root, words))
        ).Run()!;
    }

    private static double[] Scores(ModelSpec plan, AppliedAdapter? serving)
    {
        using ILanguageModel model = new TorchEngine().Open(plan with { Adapter = serving });
        double[] found = [];
        model.Score(
            [
                new ScoreRequest(
                    Prompt,
                    [
                        [7],
                        [8],
                        [9, 10, 11],
                        [300],
                    ]
                ),
            ],
            (_, scores) => found = [.. scores.Select(s => s.LogLikelihood)]
        );
        return found;
    }

    private static double Apart(double[] a, double[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
}
