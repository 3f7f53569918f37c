using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What a study measures beyond before and after, on a model whose truth is known.</summary>
public sealed class PointsTests
{
    private static readonly ScriptedStudy Plain = new();

    private static readonly ScriptedStudy Full = Plain with
    {
        Study = Plain.Study with
        {
            Candidates = new Dictionary<string, CandidatePlan>
            {
                ["tuned"] = new(Train: new TrainPlan(Epochs: 3, BatchSize: 4, Seed: 3)),
            },
            Derive = new DerivePlan([0, 0.5, 1], Checkpoints: true, Seeds: [3, 4, 5], Forms: [ServingForm.Merged]),
        },
    };

    [Fact]
    public void Every_point_that_a_study_asks_for_is_measured_and_compared()
    {
        Comparison got = Full.Run(Directory.CreateTempSubdirectory().FullName);

        Assert.Equal(
            [
                "base",
                "tuned",
                "tuned-lambda-0.5",
                "tuned-step-6-lambda-0.5",
                "tuned-step-6",
                "tuned-step-12-lambda-0.5",
                "tuned-step-12",
                "tuned-seed-4",
                "tuned-seed-5",
                "tuned-merged",
            ],
            got.TradeOff!.Points.Select(p => p.Name)
        );
        Assert.Equal(
            [0, 30, 15, 5, 10, 10, 20, 29, 27, 30],
            got.TradeOff.Points.Select(p => Math.Round(p.Task.Points * 40))
        );
        Assert.All(got.TradeOff.Points, p => Assert.Equal(0, p.General!.Value.Points));
        Assert.Equal(("tuned", VerdictKind.Accept), (got.TradeOff.Best, got.Candidates[0].Verdict.Kind));
        Assert.True(got.TradeOff.Points[0].Dominated);
        SeedsResult seeds = got.Seeds!.Single().Tasks[0];
        Assert.Equal([3, 4, 5], seeds.Seeds.Select(s => s.Seed));
        Assert.Equal(3, seeds.Recipe!.Value.Seeds);
        Assert.True(seeds.Recipe!.Value.StandardError > got.Candidates[0].Tasks[0].Difference.StandardError);
    }

    [Fact]
    public void Equal_studies_give_equal_bytes()
    {
        string first = Directory.CreateTempSubdirectory().FullName,
            second = Directory.CreateTempSubdirectory().FullName;
        Full.Run(first);
        Full.Run(second, _ => { });
        Comparison plain = Plain.Run(Directory.CreateTempSubdirectory().FullName);

        Assert.Equal(
            File.ReadAllText(Path.Combine(first, "comparison.json")),
            File.ReadAllText(Path.Combine(second, "comparison.json"))
        );
        Assert.Null(plain.TradeOff);
        Assert.Null(plain.Seeds);
    }

    [Fact]
    public void A_finished_run_can_be_asked_for_more_and_judged_by_another_margin()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Plain.Run(folder);
        ScriptedStudy more = new() { Study = Plain.Study with { Derive = new DerivePlan([0.5]), Margin = 4 } };

        Comparison got = more.Run(folder);

        Assert.Equal(["base", "tuned", "tuned-lambda-0.5"], got.TradeOff!.Points.Select(p => p.Name));
        Assert.Equal(4, got.Candidates[0].Verdict.Margin);
        Assert.Equal([0.5], more.Loaded.Select(s => s!.Lambda));
    }

    [Fact]
    public void Interrupted_candidate_stage_keeps_its_answers()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Full.Run(
                folder,
                p =>
                {
                    if (p is RunEvent.Progressed { Stage: "candidates/tuned-seed-4/obtain" })
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            )
        );
        DateTime written = File.GetLastWriteTimeUtc(
            Path.Combine(folder, "candidates", "tuned-lambda-0.5", "sql.jsonl")
        );

        Comparison got = Full.Run(folder);

        Assert.Equal(10, got.TradeOff!.Points.Count);
        Assert.True(written > DateTime.MinValue.AddYears(2000));
    }

    [Fact]
    public void Power_and_estimate_are_reported_before_the_run()
    {
        List<string> notes = [];
        string told = Directory.CreateTempSubdirectory().FullName,
            silent = Directory.CreateTempSubdirectory().FullName;

        Plain.Run(
            told,
            p =>
            {
                notes.AddRange(p is RunEvent.Noted noted ? [noted.Text] : []);
                notes.AddRange(p is RunEvent.Warned warned ? [$"warning: {warned.Text}"] : []);
            }
        );
        Plain.Run(silent);

        Assert.Contains(
            notes,
            n =>
                n.StartsWith(
                    "warning: knowledge: this sample is too small to detect 5 points",
                    StringComparison.Ordinal
                )
        );
        Assert.Contains(
            notes,
            n =>
                n.Contains("2 times measuring", StringComparison.Ordinal) && n.Contains("GiB", StringComparison.Ordinal)
        );
        Assert.Equal(
            File.ReadAllText(Path.Combine(told, "comparison.json")),
            File.ReadAllText(Path.Combine(silent, "comparison.json"))
        );
        Assert.False(Directory.Exists(Path.Combine(told, "estimate")));
    }
}
