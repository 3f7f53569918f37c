using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Csv;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Which p are adjusted, and for how many tests, is told wherever p is shown.</summary>
public sealed class AdjustedPTests
{
    [Fact]
    public void The_p_of_a_group_is_marked_and_the_number_of_groups_is_reported()
    {
        PairedResult result = Compared(3);

        Assert.EndsWith(Signs.Adjusted, Signs.P(result.Groups[0], Words.English));
        Assert.DoesNotContain(Signs.Adjusted, Signs.P(result, Words.English));
        Assert.Contains(
            "(Bonferroni): own 3. The p of a task is not adjusted",
            Explanations.Adjusted([result], Words.English)
        );
        Assert.Null(Explanations.Adjusted([Compared(1)], Words.English));
    }

    [Fact]
    public void Only_a_table_with_brackets_says_what_they_hold()
    {
        PairedResult result = Compared(3);
        string? Said(PairedResult of, bool brackets) => Explanations.Adjusted([of], Words.English, brackets);

        string? bracketed = Said(result with { AdjustedP = 0.2 }, true);

        Assert.EndsWith("In brackets the p of a task is adjusted for all tasks (Holm).", bracketed);
        Assert.DoesNotContain("not adjusted", bracketed);
        Assert.DoesNotContain("brackets", Said(result with { AdjustedP = 0.2 }, false));
        Assert.DoesNotContain("brackets", Said(result, true));
    }

    [Fact]
    public void The_table_of_results_states_the_number_of_tests()
    {
        PairedResult result = Compared(3);
        CandidateComparison candidate = new("tuned", [result], Judgement.Of([result], ["own"], 2));

        string[] lines = ResultsCsv.Of(new Comparison([candidate])).Split('\n');

        Assert.EndsWith(",p,p_adjusted_for", lines[0]);
        Assert.EndsWith(",1", lines[1]);
        Assert.All(lines[2..5], l => Assert.EndsWith(",3", l));
    }

    private static PairedResult Compared(int groups)
    {
        Answer[] Side(int right) =>
            [
                .. Enumerable
                    .Range(0, 120)
                    .Select(i => new Answer($"{i}", "", $"g{i % groups}", i < right ? 1 : 0, "", "", "")),
            ];
        return PairedComparison.Of("own", Side(120), Side(90));
    }
}
