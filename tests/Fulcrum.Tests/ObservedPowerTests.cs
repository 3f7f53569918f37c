using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What a sample could detect, as its own answers show it.</summary>
public sealed class ObservedPowerTests
{
    [Fact]
    public void Without_a_changed_item_the_upper_bound_of_the_share_stands_in_place_of_a_figure()
    {
        TaskPower power = After(40, changed: 0, looking: 2);

        Assert.Null(power.Observed);
        // Wilson's upper bound of 0 of 40: 1.96² / (40 + 1.96²).
        Assert.Equal(0.0876, power.AtMost!.Value.Discordance, 1e-4);
        Assert.False(power.Sees);
        string row = string.Join(" ", PowerTable.Of([power], Words.English).Rows[0]);
        Assert.Contains("no item changed; up to 8.8% may", row);
        Assert.DoesNotContain("0.0 at 0.0%", row);
        Assert.DoesNotContain("yes", row);
    }

    [Fact]
    public void Enough_unchanged_items_still_detect_what_is_wanted()
    {
        TaskPower power = After(4000, changed: 0, looking: 2);

        Assert.True(power.Sees);
        Assert.True(power.AtMost!.Value.Points is null or < 0.02);
    }

    [Fact]
    public void Items_that_all_changed_alike_give_no_figure()
    {
        TaskPower power = After(40, changed: 40, looking: null);

        Assert.Null(power.Observed);
        Assert.Contains("not known", string.Join(" ", PowerTable.Of([power], Words.English).Rows[0]));
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
            string.Join(" ", PowerTable.Of([After(400, 100, looking: null)], Words.English).Rows[0])
        );

    [Fact]
    public void The_observed_spread_decides_whether_the_wanted_difference_is_detectable()
    {
        Assert.True(After(4000, 100, looking: 2).Sees);
        Assert.False(After(400, 100, looking: 2).Sees);
    }

    // Half of the changed items fall and half rise, unless all change.
    private static TaskPower After(int items, int changed, double? looking)
    {
        Answer[] Side(Func<int, double> score) =>
            [.. Enumerable.Range(0, items).Select(i => new Answer($"{i}", "", "", score(i), "", "", ""))];
        Answer[] before = Side(i => changed == items || i % 2 == 0 ? 1 : 0),
            after = Side(i => i < changed ? 1 - before[i].Score!.Value : before[i].Score!.Value);
        return TaskPower.After(PairedComparison.Of("own", before, after), [items], looking);
    }
}
