using System.Text.RegularExpressions;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What is said of other clusters where hardly any cluster changed.</summary>
public sealed partial class FewChangesTests
{
    // The square of the normal quantile of 97.5%.
    private const double Z2 = 3.841458820694124;

    [Theory]
    [InlineData(8, 30)]
    [InlineData(5, 100)]
    [InlineData(40, 12)]
    public void Bounds_without_a_changed_item_are_the_score_bounds_of_the_effective_sample(int clusters, int items)
    {
        FewChanges got = Compared(clusters, items).FewChanges!;

        // Tango's interval of no flip in n items is ±z²/(n + z²).
        double effective = clusters * items / (1 + 0.05 * (items - 1)),
            bound = Z2 / (effective + Z2);
        Assert.Equal(0, got.ChangedClusters);
        Assert.Equal((-bound, bound), (got.Low, got.High), Pairs);
        Assert.Equal(1 - Math.Pow(0.025, 1.0 / clusters), got.ChangedAtMost, 1e-9);
    }

    [Fact]
    public void Design_effect_of_unequal_clusters_weighs_clusters_by_their_items() =>
        Assert.Equal(1 + 0.05 * ((100 + 900) / 40.0 - 1), FewChanges.DesignEffectOf([10, 30]), 1e-12);

    [Fact]
    public void Mean_over_equal_clusters_has_the_same_interval_as_the_mean_over_items()
    {
        PairedResult none = Compared(8, 30),
            some = Compared(8, 30, (cluster, item) => cluster < 2 && item == 0 ? -1 : 0);

        Assert.Equal(none.AgainstLimits.Low, none.Macro!.Difference.Low, 1e-9);
        Assert.Equal(some.AgainstLimits.Low, some.Macro!.Difference.Low, 1e-9);
    }

    [Fact]
    public void Each_lost_item_moves_the_lower_bound_down()
    {
        double[] low =
        [
            .. Enumerable
                .Range(0, 8)
                .Select(lost => Compared(8, 30, (c, i) => c < 4 && 4 * i + c < lost ? -1 : 0).FewChanges!.Low),
        ];

        Assert.Equal(low.OrderDescending(), low);
        Assert.Equal(low.Distinct().Count(), low.Length);
    }

    [Fact]
    public void Graded_scores_that_do_not_change_have_the_bounds_of_scores_of_0_and_1() =>
        Assert.Equal(Compared(8, 30).FewChanges!.Low, Compared(8, 30, before: 0.5).FewChanges!.Low, 1e-12);

    [Fact]
    public void From_five_and_half_of_the_clusters_on_the_spread_over_clusters_is_used()
    {
        Assert.NotNull(Compared(8, 30, (c, i) => c < 4 && i == 0 ? -1 : 0).FewChanges);
        Assert.Null(Compared(8, 30, (c, i) => c < 5 && i == 0 ? -1 : 0).FewChanges);
        Assert.NotNull(Compared(20, 30, (c, i) => c < 9 && i == 0 ? -1 : 0).FewChanges);
        Assert.Null(Compared(20, 30, (c, i) => c < 10 && i == 0 ? -1 : 0).FewChanges);
    }

    [Fact]
    public void Changes_that_few_of_the_changed_clusters_hold_count_as_few_changed_clusters()
    {
        // 9 + 7 · 1 changes: (16)² / (81 + 7) = 2.9 of 8 clusters. 2 each: 8 of 8.
        PairedResult uneven = Compared(8, 30, (c, i) => i < (c == 0 ? 9 : 1) ? -1 : 0);

        Assert.Equal((8, 256 / 88.0), (uneven.FewChanges!.ChangedClusters, uneven.FewChanges.EffectiveClusters));
        Assert.Null(Compared(8, 30, (_, i) => i < 2 ? -1 : 0).FewChanges);
        Assert.Contains(
            "in 8 of 8 clusters, as unevenly as if 2.9 of them held all changes",
            Sentences.Generalisation(uneven, Words.English)
        );
    }

    [Fact]
    public void Other_items_and_clusters_of_one_item_need_no_assumption_about_clusters()
    {
        Assert.Null(Compared(8, 30, estimand: Estimand.Items).FewChanges);
        Assert.Null(Compared(4, 60).FewChanges);
        Assert.Null(Compared(240, 1).FewChanges);
    }

    [Theory]
    [InlineData(8, 30, Estimand.Clusters, TaskJudgement.Open)]
    [InlineData(8, 1_000, Estimand.Clusters, TaskJudgement.Open)]
    [InlineData(8, 30, Estimand.Items, TaskJudgement.WithinMargin)]
    [InlineData(40, 30, Estimand.Clusters, TaskJudgement.WithinMargin)]
    public void A_margin_of_2_points_needs_enough_clusters_where_nothing_changed(
        int clusters,
        int items,
        Estimand estimand,
        TaskJudgement expected
    )
    {
        PairedResult result = Compared(clusters, items, estimand: estimand);

        Assert.True(result.Difference.Low > -0.02);
        Assert.Equal(expected, Judgement.Of([result], [], 2).Findings[0].Judgement);
        Assert.Equal(expected == TaskJudgement.WithinMargin, result.NonInferiority!.Value.Shown);
        Assert.Equal(result.NonInferiority.Value.Shown, result.NonInferiority.Value.P < 0.025);
    }

    [Fact]
    public void The_margin_is_detectable_exactly_where_no_change_is_shown_to_lie_within_it()
    {
        foreach (int clusters in (int[])[5, 8, 10, 12, 20, 40])
        {
            PairedResult result = Compared(clusters, 30);

            TaskPower power = TaskPower.After(result, [.. Enumerable.Repeat(30, clusters)], 2);

            Assert.Equal(result.NonInferiority!.Value.Shown, power.Sees);
            Assert.Equal(-result.FewChanges!.Low, power.ChangeAtMost!.Value, 1e-9);
        }
    }

    [Fact]
    public void A_requirement_on_a_loss_is_held_against_the_same_bounds()
    {
        PairedResult result = Compared(8, 30);
        Comparison of = new([new CandidateComparison("c", [result], Judgement.Of([result], [], 2))]);

        Assert.False(Requirements.Parse("own>=-2").Results(of).Single().IsMet);
        Assert.True(Requirements.Parse("own>=-4").Results(of).Single().IsMet);
    }

    [Fact]
    public void An_early_decision_does_not_stop_for_a_small_loss_before_the_verdict_could_say_so()
    {
        Sample unchanged = Sample.OfPairs([.. Enumerable.Range(0, 240).Select(i => ($"{i % 8}", 1.0, 1.0))]);
        LookPlan plan = LookPlan.Of([240]);

        Assert.Equal(LookOutcome.Open, EarlyDecision.At(plan, 0, unchanged, Estimand.Clusters, -0.02).Outcome);
        Assert.Equal(LookOutcome.Above, EarlyDecision.At(plan, 0, unchanged, Estimand.Items, -0.02).Outcome);
        Assert.Equal(LookOutcome.Above, EarlyDecision.At(plan, 0, unchanged, Estimand.Clusters, -0.04).Outcome);
    }

    [Fact]
    public void The_report_sets_the_intervals_side_by_side_with_what_each_assumes()
    {
        PairedResult result = Compared(8, 30);

        string sentence = Sentences.Generalisation(result, Words.English, ("database", "banco"));

        Assert.Contains("On other databases of the same kind: 0.0 (−1.6 to +1.6).", sentence);
        Assert.Contains(
            "A changed item occurs in 0 of 8 databases. That is too few to show how changes cluster",
            sentence
        );
        Assert.Contains(
            "With an assumed intraclass correlation of 0.05 it is −3.8 to +3.8 (the verdict rests on this)",
            sentence
        );
        Assert.Contains("However changes cluster, the mean over databases lies within −36.9 to +36.9.", sentence);
    }

    [Fact]
    public void A_comparison_of_another_version_is_refused_with_what_to_do()
    {
        PairedResult result = Compared(8, 30);
        Comparison whole = new([new CandidateComparison("c", [result], Judgement.Of([result], [], 2))]);
        string written = ComparisonJson.Print(whole),
            older = EffectiveClusters().Replace(written, "");

        InputException refused = Assert.Throws<InputException>(() => ComparisonJson.Parse(older, "comparison.json"));

        Assert.NotEqual(written, older);
        Assert.Single(ComparisonJson.Parse(written, "comparison.json").Candidates);
        Assert.StartsWith(
            "comparison.json: not a comparison: effective_clusters is missing. Another version",
            refused.Message
        );
        Assert.Contains("Delete it and repeat the command that made the run", refused.Message);
        Assert.DoesNotContain("deserialization", refused.Message);
    }

    [GeneratedRegex("\"effective_clusters\": [0-9.]+,")]
    private static partial Regex EffectiveClusters();

    [Fact]
    public void Without_a_verdict_the_interval_of_the_table_is_marked()
    {
        string sentence = Sentences.Generalisation(Compared(8, 30), Words.English, judged: false);

        Assert.Contains("On other clusters of the same kind: 0.0 (−1.6 to +1.6) (shown in the table).", sentence);
        Assert.DoesNotContain("verdict", sentence);
        Assert.Equal(
            "own: a loss of 2 points or more is not excluded (lower bound −3.8).",
            Sentences.Margin(Compared(8, 30), Words.English)
        );
    }

    [Fact]
    public void No_cluster_is_called_the_lowest_where_all_are_equal()
    {
        string equal = Sentences.Generalisation(Compared(8, 30, (_, i) => i < 2 ? -1 : 0), Words.English),
            unequal = Sentences.Generalisation(Compared(8, 30, (c, i) => i < 2 + c / 7 ? -1 : 0), Words.English);

        Assert.DoesNotContain("Lowest", equal);
        Assert.Contains("Lowest cluster: c07, −10.0 (30 items).", unequal);
    }

    [Fact]
    public void Advice_names_the_way_out_of_few_changed_clusters()
    {
        PairedResult result = Compared(8, 30);

        string advice = Advice.Of(new CandidateComparison("c", [result], Judgement.Of([result], [], 2)), Words.English);

        Assert.Contains("from too few clusters", advice);
        Assert.Contains("estimand to items", advice);
    }

    [Fact]
    public void Advice_does_not_blame_few_changed_clusters_that_keep_the_margin()
    {
        PairedResult scored = Compared(40, 30),
            result =
                scored with
                {
                    Bounds = new UnscoredBounds(scored.Difference with { Low = -0.2 }, scored.Difference),
                };
        CandidateComparison candidate = new("c", [result], Judgement.Of([result], [], 2));

        string advice = Advice.Of(candidate, Words.English);

        Assert.NotNull(result.FewChanges);
        Assert.Equal(TaskJudgement.Open, candidate.Verdict.Findings[0].Judgement);
        Assert.DoesNotContain("few clusters", advice);
        Assert.Contains("how the unscored items count", advice);
    }

    private static readonly IEqualityComparer<(double, double)> Pairs = EqualityComparer<(double, double)>.Create(
        (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-9,
        _ => 0
    );

    /// <summary>Compares equal clusters, whose items have score 1 before, by 1 minus what they lose.</summary>
    private static PairedResult Compared(
        int clusters,
        int items,
        Func<int, int, double>? change = null,
        double before = 1,
        Estimand? estimand = null
    )
    {
        Answer[] Side(Func<int, int, double> score) =>
            [
                .. Enumerable
                    .Range(0, clusters * items)
                    .Select(n => (Cluster: n / items, Item: n % items))
                    .Select(n => new Answer(
                        $"{n.Cluster}/{n.Item}",
                        $"c{n.Cluster:00}",
                        "",
                        score(n.Cluster, n.Item),
                        $"{n.Cluster}/{n.Item}",
                        $"{n.Cluster}/{n.Item}",
                        ""
                    )),
            ];
        return PairedComparison.Of(
            "own",
            Side((_, _) => before),
            Side((c, i) => before + (change?.Invoke(c, i) ?? 0)),
            new ComparisonSettings(Margin: 2, Estimand: estimand)
        );
    }
}
