using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks.Mmlu;
using Xunit;

namespace Fulcrum.Tests;

public sealed class RunsComparisonTests
{
    [Fact]
    public void Several_runs_stand_in_one_picture_with_one_base()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        ScriptedStudy first = new(),
            second = first with { Study = first.Study with { Seed = 43, Derive = new DerivePlan([0.5]) } };
        first.Run(Path.Combine(root, "one"));
        second.Run(Path.Combine(root, "two"));

        RunsComparison got = RunsComparison.Of([Path.Combine(root, "one"), Path.Combine(root, "two")]);

        Assert.Equal(
            ["base", "one/tuned", "two/tuned", "two/tuned-lambda-0.5"],
            got.TradeOff.Points.Select(p => p.Name)
        );
        Assert.Equal([VerdictKind.Accept, VerdictKind.Accept], got.Runs.Select(r => r.Verdict.Kind));
        Assert.Equal("one/tuned", got.TradeOff.Best);
        Assert.True(got.Runs[0].Hypervolume > got.TradeOff.BaseHypervolume);
        Assert.Contains("\"trade_off\"", got.Print());
    }

    [Fact]
    public void Runs_measured_differently_are_refused_with_the_fields_that_differ()
    {
        string root = Directory.CreateTempSubdirectory().FullName;
        ScriptedStudy first = new(),
            second = new("same-protocol");
        first.Run(Path.Combine(root, "one"));
        (second with { Study = second.Study with { OverrideGuards = ["same-protocol"] } }).Run(
            Path.Combine(root, "two")
        );

        GuardException refused = Assert.Throws<GuardException>(() =>
            RunsComparison.Of([Path.Combine(root, "one"), Path.Combine(root, "two")])
        );

        Assert.Contains("knowledge.shots: 0 and 3", refused.Message);
        Assert.Equal(3, refused.ExitCode);
    }

    [Theory]
    [InlineData("sql>=+5", null)]
    [InlineData("sql>=+90", "required sql>=+90")]
    [InlineData("knowledge>=-4,sql>=+5", null)]
    [InlineData("knowledge>=-1", "required knowledge>=-1")]
    public void A_requirement_holds_only_by_the_nearer_bound(string required, string? refusal)
    {
        PairedResult[] tasks = [Results.Compared("sql", 0.6, 0.85), Results.Compared("knowledge", -0.03, 0.03)];
        Comparison comparison = new([new CandidateComparison("tuned", tasks, Judgement.Of(tasks, ["sql"], 2))]);

        string? message = Record.Exception(() => Requirements.Parse(required).Check(comparison))?.Message;

        Assert.Equal(refusal is null, message is null);
        Assert.True(refusal is null || message!.Contains(refusal, StringComparison.Ordinal), message);
    }

    [Theory]
    [InlineData(0.1, 100, 11)]
    [InlineData(0.5, 30, 30)]
    [InlineData(0.2, 1, 1)]
    public void Replay_makes_up_its_share_and_keeps_every_example_of_the_task(double share, int task, int replayed)
    {
        string source = Path.Combine(Directory.CreateTempSubdirectory().FullName, "general.jsonl");
        File.WriteAllText(
            source,
            string.Concat(
                Enumerable
                    .Range(0, 7)
                    .Select(i => $$"""{"prompt":"question {{i}}","completion":" answer {{i}}"}""" + "\n")
            )
        );
        TrainingText[] own =
        [
            .. Enumerable
                .Range(0, task)
                .Select(i => new TrainingText($"train/{i}", "db", new Prompt.Text($"{i}"), "x")),
        ];

        IReadOnlyList<TrainingText> first = Replay.Into(
                own,
                new ReplayPlan(share, source),
                RandomStream.For(1, "replay")
            ),
            second = Replay.Into(own, new ReplayPlan(share, source), RandomStream.For(1, "replay"));

        Assert.Equal(first, second);
        Assert.Equal(own, first.Where(e => e.Id.StartsWith("train", StringComparison.Ordinal)));
        Assert.Equal(replayed, first.Count - task);
        Assert.Equal(first.Count, first.Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public void A_share_that_needs_more_examples_than_can_be_held_is_refused()
    {
        string source = SharedData.Of("data", "mmlu", "data");
        TrainingText[] own = [new TrainingText("train/0", "db", new Prompt.Text("q"), "x")];

        InputException refusal = Assert.Throws<InputException>(() =>
            Replay.Into(own, new ReplayPlan(0.99999999, source), RandomStream.For(1, "replay"))
        );

        Assert.StartsWith("replay.share is 0.99999999, 99,999,998 general examples; wanted: at most", refusal.Message);
    }

    [Fact]
    public void Replay_takes_the_worked_examples_of_an_MMLU_folder()
    {
        TrainingText[] own =
        [
            .. Enumerable.Range(0, 20).Select(i => new TrainingText($"train/{i}", "db", new Prompt.Text($"{i}"), "x")),
        ];

        IReadOnlyList<TrainingText> mixed = Replay.Into(
            own,
            new ReplayPlan(0.5, SharedData.Of("data", "mmlu", "data")),
            RandomStream.For(1, "replay")
        );

        TrainingText[] general = [.. mixed.Where(e => e.Id.StartsWith("replay/", StringComparison.Ordinal))];
        Assert.Equal(20, general.Length);
        Assert.All(general, e => Assert.Contains(e.Completion, MmluPrompt.Letters));
        Assert.All(general, e => Assert.EndsWith("Answer:", ((Prompt.Text)e.Prompt).Value, StringComparison.Ordinal));
    }
}
