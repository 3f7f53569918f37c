using Fulcrum.Comparisons;
using Fulcrum.Data;
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
    public void Merging_changes_rounding_alone_and_the_full_base_is_another_model()
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
                Forms: [ServingForm.Merged, ServingForm.UnquantizedAttached, ServingForm.UnquantizedMerged]
            ),
            OverrideGuards = Guards.GuardLog.Names,
        };

        Comparison comparison = Run(study, Path.Combine(folder, "run"));
        Assert.Equal(
            ["merged", "unquantized-beside", "unquantized-merged"],
            comparison.TradeOff!.Points.Where(p => p.Kind == "serving").Select(p => p.Form)
        );
        Assert.Contains("Serving modes", File.ReadAllText(Path.Combine(folder, "run", "report.html")));
        Directory.Delete(folder, recursive: true);
    }

    private static Comparison Run(Study study, string folder)
    {
        using RunLock run = RunLock.Open(folder);
        TorchEngine engine = new();
        return new Experiment(
            study,
            run,
            new Engines([engine], engine),
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
