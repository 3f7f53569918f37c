using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class JudgementTests
{
    [Theory]
    [InlineData(0.05, 0.1, -0.015, 0.001, VerdictKind.Accept)]
    [InlineData(0.05, 0.1, -0.03, -0.021, VerdictKind.Reject)]
    [InlineData(-0.1, -0.05, -0.015, 0.001, VerdictKind.Reject)]
    [InlineData(0.05, 0.1, -0.03, 0.001, VerdictKind.Inconclusive)]
    [InlineData(-0.01, 0.1, -0.015, 0.001, VerdictKind.Inconclusive)]
    public void The_verdict_follows_from_the_intervals_and_the_margin(
        double targetLow,
        double targetHigh,
        double generalLow,
        double generalHigh,
        VerdictKind kind
    )
    {
        Verdict got = Judgement.Of(
            [Results.Compared("knowledge", generalLow, generalHigh), Results.Compared("sql", targetLow, targetHigh)],
            ["sql"],
            margin: 2
        );

        Assert.Equal(kind, got.Kind);
        Assert.Equal([TaskRole.Target, TaskRole.General], got.Findings.Select(f => f.Role));
    }

    [Theory]
    [InlineData(1, VerdictKind.Reject)]
    [InlineData(2, VerdictKind.Inconclusive)]
    public void One_of_several_general_tasks_is_held_against_the_model_only_after_Holms_adjustment(
        int tasks,
        VerdictKind kind
    )
    {
        PairedResult[] results =
        [
            Results.Compared("g0", -0.06, -0.021, failing: 0.02),
            .. Enumerable.Range(1, tasks - 1).Select(i => Results.Compared($"g{i}", -0.01, 0.01, failing: 0.9)),
        ];

        Assert.Equal(kind, Judgement.Of(results, [], 2).Kind);
    }

    [Fact]
    public void A_gain_without_any_general_task_is_called_a_gain_only()
    {
        Verdict got = Judgement.Of([Results.Compared("sql", 0.05, 0.1)], ["sql"], 2);

        Assert.Equal((VerdictKind.Accept, true), (got.Kind, got.GainOnly));
        Assert.Equal("gain only, nothing else was measured", Sentences.Kind(got, Words.English));
    }

    [Theory]
    [InlineData(-1, "nothing changed (inconclusive)", "own: no item changed, no gain shown")]
    [InlineData(0, "inconclusive", "own: no statistically significant difference")]
    public void Where_no_item_has_another_score_the_headline_says_so(int changed, string kind, string finding)
    {
        Answer[] before = [.. Enumerable.Range(0, 40).Select(i => new Answer($"{i}", "", "", i % 2, "", "", ""))],
            after = [.. before.Select((a, i) => i == changed ? a with { Score = 1 - a.Score } : a)];

        Verdict got = Judgement.Of([PairedComparison.Of("own", before, after)], ["own"], 2);

        Assert.Equal(VerdictKind.Inconclusive, got.Kind);
        Assert.Equal(kind, Sentences.Kind(got, Words.English));
        Assert.StartsWith(finding, Sentences.Of(got, Words.English));
    }

    [Fact]
    public void Changes_that_cancel_out_are_changes()
    {
        Answer[] before = [.. Enumerable.Range(0, 40).Select(i => new Answer($"{i}", "", "", i % 2, "", "", ""))],
            after = [.. before.Select(a => a with { Score = 1 - a.Score })],
            graded = [.. before.Select((a, i) => a with { Cluster = $"{i / 20}", Score = 0.6 + i / 20 * 0.2 })],
            moved = [.. graded.Select((a, i) => a with { Score = 0.7 })];

        Assert.False(PairedComparison.Of("own", before, after).IsUnchanged);
        Assert.False(PairedComparison.Of("own", graded, moved).IsUnchanged);
        Assert.True(PairedComparison.Of("own", graded, graded).IsUnchanged);
    }

    [Fact]
    public void A_verdict_must_hold_whether_unscored_items_count_for_or_against_it()
    {
        PairedResult within = Results.Compared("general", -0.01, 0.01);
        UnscoredBounds bounds = new(new Difference(-0.4, -0.45, -0.35, 0.02), new Difference(0.1, 0.05, 0.15, 0.02));

        Assert.Equal(TaskJudgement.WithinMargin, Judgement.Of([within], [], 2).Findings[0].Judgement);
        Assert.Equal(TaskJudgement.Open, Judgement.Of([within with { Bounds = bounds }], [], 2).Findings[0].Judgement);
    }

    [Theory]
    [InlineData(0.0, null)]
    [InlineData(0.27, 0.25)]
    [InlineData(0.01, null)]
    public void A_general_task_on_which_the_base_has_nothing_to_lose_is_no_evidence(double score, double? chance)
    {
        PairedResult target = Results.Compared("sql", 0.05, 0.1),
            general =
                Results.Compared("general", 0, 0) with
                {
                    Before = new ScoreInterval(score, Math.Max(0, score - 0.05), score + 0.05),
                    Chance = chance,
                };

        Verdict got = Judgement.Of([target, general], ["sql"], 2);

        Assert.Equal((VerdictKind.Inconclusive, TaskJudgement.NoEvidence), (got.Kind, got.Findings[1].Judgement));
        Assert.Contains("no evidence", Sentences.Of(got, Words.English));
    }

    [Fact]
    public void Sentence_about_many_tasks_names_targets_and_losses_and_counts_the_others()
    {
        PairedResult[] results =
        [
            Results.Compared("sql", 0.05, 0.1),
            Results.Compared("lost", -0.2, -0.1),
            Results.Compared("open", -0.05, 0.05),
            .. Enumerable.Range(1, 3).Select(i => Results.Compared($"g{i}", -0.01, 0.01)),
        ];

        string sentence = Sentences.Of(Judgement.Of(results, ["sql"], 2), Words.English);

        Assert.Contains("sql: gain of", sentence);
        Assert.Contains("lost: loss of", sentence);
        Assert.Contains("4 other general tasks: no loss shown, 3 shown to lie within the margin of 2: ", sentence);
        Assert.DoesNotContain("g1", sentence);
    }

    [Fact]
    public void A_result_that_was_tested_against_another_margin_is_refused() =>
        Assert.Throws<InputException>(() => Judgement.Of([Results.Compared("general", -0.01, 0.01)], [], 3));
}
