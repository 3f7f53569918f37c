using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Items that one side could not score: counted for each side, bounded as 0 and as 1, and no verdict that
/// depends
/// on them.</summary>
public sealed class UnscoredItemTests
{
    private static readonly Difference Above = new(0.1, 0.05, 0.15, 0.02),
        Below = new(-0.4, -0.45, -0.35, 0.02);

    [Theory]
    [InlineData(2, 0, false)]
    [InlineData(3, 0, true)]
    [InlineData(0, 2, false)]
    [InlineData(0, 3, true)]
    [InlineData(2, 2, false)]
    public void Bounds_exist_where_one_side_alone_has_more_than_1_percent_unscored(
        int before,
        int after,
        bool bounded
    ) => Assert.Equal(bounded, Compared(200, before, after).Bounds is not null);

    [Fact]
    public void Items_that_neither_side_scored_bound_nothing()
    {
        Answer[] side = [.. Enumerable.Range(0, 100).Select(i => Scored(i, i < 50 ? null : 1))];

        Assert.Null(PairedComparison.Of("own", side, side).Bounds);
    }

    [Fact]
    public void Bounds_take_the_unscored_items_as_0_and_as_1_on_the_side_that_lacks_them()
    {
        PairedResult missingAfter = Compared(200, 0, 50),
            missingBefore = Compared(200, 50, 0);

        Assert.Equal((-0.25, 0), (missingAfter.Bounds!.Lowest.Points, missingAfter.Bounds.Highest.Points));
        Assert.Equal((0, 0.25), (missingBefore.Bounds!.Lowest.Points, missingBefore.Bounds.Highest.Points));
    }

    [Theory]
    [InlineData(0.05, 0.1, true, TaskJudgement.Gained, true)]
    [InlineData(0.05, 0.1, true, TaskJudgement.Open, false)]
    [InlineData(-0.1, -0.05, true, TaskJudgement.NotGained, true)]
    [InlineData(-0.1, -0.05, true, TaskJudgement.Open, false)]
    [InlineData(-0.01, 0.01, false, TaskJudgement.WithinMargin, true)]
    [InlineData(-0.01, 0.01, false, TaskJudgement.Open, false)]
    [InlineData(-0.2, -0.1, false, TaskJudgement.BeyondMargin, true)]
    [InlineData(-0.2, -0.1, false, TaskJudgement.Open, false)]
    public void A_judgement_holds_only_if_both_bounds_agree_with_it(
        double low,
        double high,
        bool target,
        TaskJudgement judgement,
        bool agree
    )
    {
        Difference own = new((low + high) / 2, low, high, 0.02);
        PairedResult result = Results.Compared("own", low, high) with
        {
            Bounds =
                agree ? new UnscoredBounds(own, own)
                : high < 0 ? new UnscoredBounds(own, Above)
                : new UnscoredBounds(Below, own),
        };

        Assert.Equal(judgement, Judgement.Of([result], target ? ["own"] : [], 2).Findings[0].Judgement);
    }

    [Fact]
    public void An_early_decision_holds_only_if_both_bounds_agree_with_it()
    {
        Answer[] Side(Func<int, double?> score) =>
            [.. Enumerable.Range(0, 1000).Select(i => new Answer($"{i}", $"c{i % 10}", "", score(i), "", "", ""))];
        LookPlan plan = LookPlan.Of(EarlyDecision.Counts([.. Enumerable.Repeat(100, 10)]));
        EarlyRule rule = new(0, 1, Estimand.Items);

        LookOutcome complete = EarlyComparison.At("own", plan, 2, Side(i => 1 - (i % 2)), Side(_ => 1), rule).Outcome,
            missing =
                EarlyComparison
                    .At("own", plan, 2, Side(i => 1 - (i % 2)), Side(i => i % 2 == 1 ? 1 : null), rule)
                    .Outcome;

        Assert.Equal((LookOutcome.Above, LookOutcome.Continue), (complete, missing));
    }

    [Fact]
    public void The_counts_of_both_sides_stand_in_page_text_and_Markdown()
    {
        string folder = SyntheticRun.Write();
        RunReport report = RunReport.Read(folder);
        PairedResult result = Compared(200, 3, 50) with { Task = "spider" };
        CandidateComparison shown = report.Shown with { Tasks = [result] };
        RunReport of = report with { Comparison = new Comparison([shown]), Shown = shown, Detailed = [shown] };

        Assert.Contains("3 items are unscored before and 50 after", Sentences.Unscored(result, Words.English));
        Assert.Contains("unscored: 3 before, 50 after)", Page.Print(of));
        Assert.Contains("| 3 / 50 |", ReportMarkdown.Of(of));
        Directory.Delete(folder, recursive: true);
    }

    // All items are right; the first ones are unscored before, the last ones after.
    private static PairedResult Compared(int items, int before, int after) =>
        PairedComparison.Of(
            "own",
            [.. Enumerable.Range(0, items).Select(i => Scored(i, i < before ? null : 1))],
            [.. Enumerable.Range(0, items).Select(i => Scored(i, i >= items - after ? null : 1))]
        );

    private static Answer Scored(int id, double? score) => new($"{id}", "", "", score, "", "", "");
}
