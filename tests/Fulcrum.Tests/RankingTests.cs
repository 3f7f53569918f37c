using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class RankingTests
{
    [Fact]
    public void Best_is_said_only_where_the_simultaneous_bounds_lie_apart()
    {
        Comparison apart = Of((0.20, 0.15, 0.25), (0.05, 0.01, 0.09)),
            overlapping = Of((0.20, 0.08, 0.32), (0.15, 0.05, 0.25));

        Assert.Equal(
            "Acceptable: first, second (2 of 2 candidates). Best: first, by bounds that hold for all candidates together.",
            Ranking.Of(apart).Sentence(Words.English)
        );
        Assert.Equal(
            "Acceptable: first, second (2 of 2 candidates). first gains most, but is not shown to be better than second.",
            Ranking.Of(overlapping).Sentence(Words.English)
        );
    }

    [Fact]
    public void An_accepted_candidate_whose_simultaneous_bound_crosses_0_is_named()
    {
        Ranking ranking = Ranking.Of(Of((0.20, 0.15, 0.25), (0.05, -0.01, 0.11)));

        Assert.Equal(["second"], ranking.Unconfirmed);
        Assert.EndsWith("these are not shown to be acceptable: second.", ranking.Sentence(Words.English));
    }

    [Fact]
    public void Without_simultaneous_bounds_nothing_is_best()
    {
        Ranking ranking = Ranking.Of(Of((0.2, 0.15, 0.25), (0.05, 0.01, 0.09)) with { Families = null });

        Assert.Equal(["second"], ranking.Rivals);
        Assert.Equal(["first", "second"], ranking.Unconfirmed);
    }

    [Fact]
    public void Candidates_without_acceptance_are_counted_by_verdict()
    {
        Comparison both = Of((0.2, 0.15, 0.25), (0.05, 0.01, 0.09));
        CandidateComparison rejected = both.Candidates[0] with
        {
            Verdict = both.Candidates[0].Verdict with { Kind = VerdictKind.Reject },
        };
        CandidateComparison open = both.Candidates[1] with
        {
            Verdict = both.Candidates[1].Verdict with { Kind = VerdictKind.Inconclusive },
        };

        Ranking ranking = Ranking.Of(both with { Candidates = [rejected, open] });

        Assert.Equal(["second", "first"], ranking.Order.Select(c => c.Name));
        Assert.Equal(
            "None of 2 candidates is acceptable: 1 rejected, 1 inconclusive.",
            ranking.Sentence(Words.English)
        );
    }

    [Fact]
    public void A_report_of_two_candidates_ranks_them_and_has_a_table_and_a_column_for_each()
    {
        string folder = SyntheticRun.Write();
        RunReport one = RunReport.Read(folder);
        CandidateComparison second = one.Shown with { Name = "second" };
        RunReport two = one with
        {
            Comparison = one.Comparison with { Candidates = [one.Shown, second] },
            Detailed = [one.Shown, second],
            Items = one.Items.ToDictionary(
                t => t.Key,
                t =>
                    (IReadOnlyList<ItemAnswers>)
                        [.. t.Value.Select(i => i with { Candidates = [i.Candidates[0], i.Base] })]
            ),
        };

        string page = Page.Print(two),
            markdown = ReportMarkdown.Of(two);

        Assert.Contains("<h1>Acceptable: tuned, second (2 of 2 candidates).", page);
        Assert.Contains("<table id=\"ranking\">", page);
        Assert.Contains("<details class=\"candidate\" id=\"candidate-second\">", page);
        Assert.Contains("\"candidates\":[\"tuned\",\"second\"]", page);
        Assert.StartsWith("**Acceptable: tuned, second", markdown);
        Assert.Contains("\n| candidate | spider | mmlu | verdict |\n", markdown);
        Assert.Contains("\n## second: accept\n", markdown);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Where_the_page_is_bounded_changed_items_come_first()
    {
        ItemAnswers Item(double before, double after) => new(Answer(before), [Answer(after)]);
        byte[][] pieces = [new byte[10], new byte[10], new byte[10]];

        Assert.Equal([0, 2], ItemData.Kept([Item(1, 1), Item(0, 0), Item(0, 1)], pieces, 20).Order());
        Assert.Equal(3, ItemData.Kept([Item(1, 1), Item(0, 0), Item(0, 1)], pieces, 30).Count);
    }

    private static Answer Answer(double score) => new("id", "cluster", "group", score, "B", "B", "correct");

    /// <summary>Two accepted candidates with a target and a general task.</summary>
    private static Comparison Of(
        (double Points, double Low, double High) first,
        (double Points, double Low, double High) second
    )
    {
        ScoreInterval half = new(0.5, 0.4, 0.6);
        CandidateDifference[] Family((double, double, double)[] bounds) =>
            [
                .. bounds.Select(
                    (b, i) =>
                        new CandidateDifference(
                            i == 0 ? "first" : "second",
                            half,
                            new Difference(b.Item1, b.Item2, b.Item3, 0.02),
                            new SimultaneousBounds(b.Item2, b.Item3)
                        )
                ),
            ];
        (double, double, double) none = (0, -0.01, 0.01);
        return new Comparison(
            [Candidate("first", first.Points), Candidate("second", second.Points)],
            Families:
            [
                new CandidateFamily("target", 100, 0, 10, half, Estimand.Items, Family([first, second])),
                new CandidateFamily("general", 100, 0, 10, half, Estimand.Items, Family([none, none])),
            ]
        );
    }

    private static CandidateComparison Candidate(string name, double gain) =>
        new(
            name,
            [],
            new Verdict(
                VerdictKind.Accept,
                2,
                [
                    new Finding(
                        "target",
                        TaskRole.Target,
                        Change.Gain,
                        TaskJudgement.Gained,
                        new Difference(gain, gain - 0.01, gain + 0.01, 0.01)
                    ),
                    new Finding(
                        "general",
                        TaskRole.General,
                        Change.None,
                        TaskJudgement.WithinMargin,
                        new Difference(0, -0.01, 0.01, 0.01)
                    ),
                ]
            )
        );
}
