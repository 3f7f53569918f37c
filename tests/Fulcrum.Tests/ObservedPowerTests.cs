using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What a sample could detect, as its own answers show it.</summary>
public sealed class ObservedPowerTests
{
    [Theory]
    // Wilson's upper bound of 0 of n: 1.96² / (n + 1.96²).
    [InlineData(40, 0, "no item changed; at most 8.8% can change, not less than the wanted difference", "no")]
    [InlineData(100, 0, "no item changed; at most 3.7% can change, not less than the wanted difference", "no")]
    [InlineData(4000, 0, "no item changed; at most 0.1% can change, less than the wanted difference", "yes")]
    [InlineData(400, 1, "0.3% of the items changed; at most 1.4% can change, less than the wanted difference", "yes")]
    [InlineData(100, 1, "1.0% of the items changed; at most 5.4% can change, not less than the wanted", "no")]
    public void Where_too_few_items_changed_the_upper_bound_of_their_share_decides(
        int items,
        int changed,
        string observed,
        string detectable
    )
    {
        TaskPower power = After(items, changed, looking: 2);

        string[] row = PowerTable.Of([power], [], Words.English).Rows[0];
        Assert.Contains(row, c => c.StartsWith(observed, StringComparison.Ordinal));
        Assert.DoesNotContain(row, c => c.StartsWith("none at", StringComparison.Ordinal) && !c.Contains(';'));
        Assert.EndsWith(detectable, row[^1]);
        Assert.Equal(detectable == "yes", power.Sees);
        Assert.Equal(Proportion.Wilson(changed, items).High, power.ChangeAtMost!.Value, 1e-12);
        Assert.Null(power.Observed!.Value.Points);
    }

    [Fact]
    public void The_upper_bound_of_other_clusters_counts_fewer_independent_items()
    {
        PairedResult seen = Compared(400, 0, cluster: i => $"{i / 20}", Estimand.Clusters);

        TaskPower power = TaskPower.After(seen, [.. Enumerable.Repeat(20, 20)], looking: 2);

        // The design effect of 20 items per cluster and an intraclass correlation of 0.05.
        Assert.Equal(Proportion.Wilson(0, 400 / (1 + 0.05 * 19)).High, power.ChangeAtMost!.Value, 1e-12);
    }

    [Fact]
    public void Items_that_show_no_spread_give_neither_a_figure_nor_an_answer()
    {
        // All items changed alike, no items, and a single item.
        TaskPower[] all =
        [
            After(40, changed: 40, looking: 50),
            TaskPower.After(Compared(0, 0, _ => ""), [], looking: 50),
            After(1, changed: 1, looking: 50),
        ];

        string[] rows = [.. PowerTable.Of(all, [], Words.English).Rows.Select(r => string.Join(" | ", r))];
        Assert.All(all, p => Assert.Null(p.Observed));
        Assert.All(all, p => Assert.Null(p.Sees));
        Assert.All(rows, r => Assert.Contains("not known: the items show no spread", r));
        Assert.All(rows, r => Assert.DoesNotContain("✓", r));
        Assert.All(rows, r => Assert.DoesNotContain("✗", r));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public void An_observed_figure_never_exceeds_the_share_that_changed(int changed)
    {
        DetectableEffect seen = After(400, changed, looking: 2).Observed!.Value;

        Assert.Equal(changed / 400.0, seen.Discordance, 1e-12);
        Assert.True(seen.Points is null || seen.Points <= seen.Discordance);
        Assert.Equal(changed == 100, seen.Points is not null);
    }

    [Fact]
    public void Where_no_difference_is_wanted_none_is_called_detectable() =>
        Assert.DoesNotContain(
            "yes",
            string.Join(" ", PowerTable.Of([After(400, 100, looking: null)], [], Words.English).Rows[0])
        );

    [Fact]
    public void The_observed_spread_decides_whether_the_wanted_difference_is_detectable()
    {
        Assert.True(After(4000, 100, looking: 2).Sees);
        Assert.False(After(400, 100, looking: 2).Sees);
    }

    private static TaskPower After(int items, int changed, double? looking) =>
        TaskPower.After(Compared(items, changed, _ => "", half: changed < items), [items], looking);

    // Half of the changed items fall and half rise, or all fall.
    private static PairedResult Compared(
        int items,
        int changed,
        Func<int, string> cluster,
        Estimand? estimand = null,
        bool half = false
    )
    {
        Answer[] Side(Func<int, double> score) =>
            [.. Enumerable.Range(0, items).Select(i => new Answer($"{i}", cluster(i), "", score(i), "", "", ""))];
        Answer[] before = Side(i => !half || i % 2 == 0 ? 1 : 0),
            after = Side(i => i < changed ? 1 - before[i].Score!.Value : before[i].Score!.Value);
        return PairedComparison.Of("own", before, after, new ComparisonSettings(Estimand: estimand));
    }
}
