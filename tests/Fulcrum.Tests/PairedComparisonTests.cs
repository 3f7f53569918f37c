using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class PairedComparisonTests
{
    [Fact]
    public void Every_reference_case_agrees_with_scipy()
    {
        JsonObject expected = JsonNode
            .Parse(File.ReadAllText(SharedData.Of("golden", "statistics", "expected.json")))!
            .AsObject();
        foreach ((string name, JsonNode? e) in expected)
        {
            PairedResult got = PairedComparison.Of(
                name,
                AnswerFile.Read(SharedData.Of("golden", "statistics", $"{name}-before.jsonl")),
                AnswerFile.Read(SharedData.Of("golden", "statistics", $"{name}-after.jsonl"))
            );

            Assert.Equal((int)e!["items"]!, got.Items);
            Assert.Equal((int)e["unscored"]!, got.Unscored);
            Assert.Equal((double)e["difference"]!, got.Difference.Points, 1e-9);
            Assert.Equal((double)e["before_wilson"]![0]!, got.Before.Low, 1e-9);
            Assert.Equal((double)e["before_wilson"]![1]!, got.Before.High, 1e-9);
            Assert.Equal((double)e["after_wilson"]![0]!, got.After.Low, 1e-9);
            Assert.Equal((double)e["mcnemar_exact"]!, got.Mcnemar!.Value.P, 1e-9);
        }
    }

    [Fact]
    public void Items_are_paired_by_id_whatever_their_order()
    {
        Answer[] before = [Scored("a", 0), Scored("b", 1), Scored("c", 0)],
            after = [Scored("c", 1), Scored("b", 0), Scored("a", 0)];

        PairedResult got = PairedComparison.Of("x", before, after);

        Assert.Equal((1, 1), (got.Gained, got.Lost));
        Assert.Equal(0, got.Difference.Points);
    }

    [Fact]
    public void A_missing_or_repeated_id_is_named()
    {
        Assert.Contains(
            "'b'",
            Assert
                .Throws<InputException>(() =>
                    PairedComparison.Of("x", [Scored("a", 1), Scored("b", 1)], [Scored("a", 1)])
                )
                .Message
        );
        Assert.Contains(
            "'a'",
            Assert
                .Throws<InputException>(() =>
                    PairedComparison.Of("x", [Scored("a", 1), Scored("a", 1)], [Scored("a", 1)])
                )
                .Message
        );
    }

    [Fact]
    public void An_item_that_one_side_could_not_score_is_left_out_and_counted()
    {
        PairedResult got = PairedComparison.Of(
            "x",
            [Scored("a", 1), Scored("b", null)],
            [Scored("a", 1), Scored("b", 1)]
        );

        Assert.Equal((1, 1), (got.Items, got.Unscored));
    }

    [Fact]
    public void McNemar_is_the_doubled_binomial_tail()
    {
        Assert.Equal(2 * (1 + 10 + 45) / 1024.0, Proportion.McNemar(8, 2).P, 1e-12);
        Assert.Equal(1, Proportion.McNemar(0, 0).P);
        Assert.Equal(1, Proportion.McNemar(5, 5).P);
    }

    [Fact]
    public void Holm_adjusts_a_published_example()
    {
        Assert.Equal(
            [0.03, 0.06, 0.06, 0.02],
            Proportion.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 10))
        );
    }

    [Fact]
    public void Unscored_items_of_one_side_bound_the_difference()
    {
        Answer[] before = [.. Enumerable.Range(0, 100).Select(i => Scored($"{i}", 1))],
            after = [.. Enumerable.Range(0, 100).Select(i => Scored($"{i}", i < 40 ? null : 1))];

        PairedResult got = PairedComparison.Of("x", before, after);

        Assert.Equal((60, 40, 0, 40), (got.Items, got.Unscored, got.UnscoredBefore, got.UnscoredAfter));
        Assert.Equal((0, -0.4, 0), (got.Difference.Points, got.Bounds!.Lowest.Points, got.Bounds.Highest.Points));
        Assert.Null(PairedComparison.Of("x", before, before).Bounds);
    }

    [Fact]
    public void A_graded_score_has_a_sign_flip_test_and_no_McNemar_test()
    {
        Answer[] before = [Scored("a", 0.25), Scored("b", 0.5), Scored("c", 0)],
            after = [Scored("a", 0.75), Scored("b", 1), Scored("c", 0.25)];

        PairedResult got = PairedComparison.Of("x", before, after);

        Assert.Null(got.Mcnemar);
        Assert.Equal((0.25, true), (got.SignFlip!.Value.P, got.SignFlip.Value.Exact));
        Assert.Equal((1, 0, 0.5), (got.Gained, got.Lost, got.Threshold));
    }

    [Fact]
    public void Intervals_of_groups_hold_together_and_their_p_is_adjusted_alike()
    {
        RandomStream random = RandomStream.For(1, "groups");
        Answer Answered(int i, bool after) =>
            new($"{i}", $"c{i % 8}", $"g{i % 3}", random.NextDouble() < (after ? 0.6 : 0.4) ? 1 : 0, "", "", "");
        Answer[] before = [.. Enumerable.Range(0, 300).Select(i => Answered(i, false))],
            after = [.. Enumerable.Range(0, 300).Select(i => Answered(i, true))];

        PairedResult whole = PairedComparison.Of("x", before, after),
            alone = PairedComparison.Of(
                "x",
                [.. before.Where(a => a.Group == "g0")],
                [.. after.Where(a => a.Group == "g0")]
            );

        PairedResult group = whole.Groups[0];
        Assert.Equal(3, whole.Groups.Count);
        Assert.True(group.Difference.Low < alone.Difference.Low && group.Difference.High > alone.Difference.High);
        Assert.All(whole.Groups, g => Assert.Equal(g.P < 0.05, g.Difference.Low > 0 || g.Difference.High < 0));
    }

    [Fact]
    public void A_comparison_survives_its_own_file()
    {
        PairedResult got = PairedComparison.Of(
            "x",
            [Scored("a", 0.5), Scored("b", 1)],
            [Scored("a", 1), Scored("b", 1)]
        );
        Verdict verdict = Judgement.Of([Results.Compared("x", 0.1, 0.2)], ["x"], 2);
        Comparison comparison = new([new CandidateComparison("c", [got], verdict)]);

        string text = ComparisonJson.Print(comparison);

        Assert.Equal(text, ComparisonJson.Print(ComparisonJson.Parse(text, "comparison.json")));
        Assert.Contains("\"interval_method\": \"stratified-t\"", text);
        Assert.Contains("\"estimand\": \"items\"", text);
    }

    [Fact]
    public void An_item_has_one_cluster_and_either_side_may_name_it()
    {
        Answer[] before = [.. Enumerable.Range(0, 8).Select(i => Scored($"{i}", i % 2) with { Cluster = $"c{i / 2}" })],
            after = [.. before.Select((a, i) => a with { Score = i % 3 == 0 ? 1 : 0 })],
            moved = [.. after.Take(7), after[7] with { Cluster = "other" }];

        string said = Assert.Throws<InputException>(() => PairedComparison.Of("x", before, moved)).Message;

        Assert.Contains("'7' belongs to the cluster 'c3' before and to 'other' after", said);
        Assert.Equal(
            PairedComparison.Of("x", before, after).Difference,
            PairedComparison.Of("x", [.. before.Select(a => a with { Cluster = "" })], after).Difference
        );
    }

    [Fact]
    public void Fifty_thousand_groups_are_compared_in_seconds()
    {
        Answer[] before = [.. Enumerable.Range(0, 50_000).Select(i => Grouped(i, i % 2))],
            after = [.. Enumerable.Range(0, 50_000).Select(i => Grouped(i, i % 3 == 0 ? 1 : 0))];
        TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;

        PairedResult got = PairedComparison.Of("x", before, after);

        Assert.Equal(50_000, got.Groups.Count);
        Assert.InRange((Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds, 0, 30);
    }

    private static Answer Grouped(int i, double score) => new($"{i}", $"c{i}", $"g{i}", score, "", "", "");

    private static Answer Scored(string id, double? score) => new(id, "c" + id, "", score, "", "", "");
}
