using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TradeOffTests
{
    [Fact]
    public void Hypervolume_is_the_area_under_the_steps_of_the_front()
    {
        Assert.Equal(
            0.2 * 0.9 + 0.3 * 0.6 + 0.4 * 0.1,
            TradeOffCurve.Hypervolume([(0.2, 0.9), (0.5, 0.6), (0.9, 0.1), (0.4, 0.5)]),
            1e-12
        );
        Assert.Equal(0.25, TradeOffCurve.Hypervolume([(0.5, 0.5), (0.5, 0.5)]), 1e-12);
    }

    [Fact]
    public void Front_domination_and_best_candidate_follow_from_the_answers()
    {
        // task, general: base 0.2, 0.8; half 0.6, 0.795; full 0.8, 0.5; worse 0.5, 0.4.
        TradeOff got = TradeOffCurve.Of(
            [
                Point("before", 0, 80, 320),
                Point("full", 1, 320, 200),
                Point("half", 0.5, 240, 318),
                Point("worse", 2, 200, 160),
            ],
            ["sql", "knowledge"],
            ["sql"],
            margin: 5
        );

        Assert.Equal([true, true, true, false], got.Points.Select(p => p.OnFront));
        Assert.Equal([false, false, false, true], got.Points.Select(p => p.Dominated));
        Assert.Equal("full", got.Points[3].DominatedBy);
        Assert.Equal("half", got.Best);
        Assert.Equal(0.2 * 0.8 + 0.4 * 0.795 + 0.2 * 0.5, got.Hypervolume, 1e-12);
        Assert.Equal(0.2 * 0.8, got.BaseHypervolume, 1e-12);
    }

    [Fact]
    public void A_point_is_not_called_dominated_where_chance_explains_the_distance()
    {
        TradeOff got = TradeOffCurve.Of(
            [Point("before", 0, 80, 320), Point("a", 1, 200, 300), Point("b", 0.9, 199, 299)],
            ["sql", "knowledge"],
            ["sql"],
            margin: 2
        );

        Assert.False(got.Points[2].OnFront);
        Assert.False(got.Points[2].Dominated);
    }

    private static PointAnswers Point(string name, double lambda, int task, int general) =>
        new(
            name,
            PointKind.Curve,
            lambda,
            new Dictionary<string, IReadOnlyList<Answer>> { ["sql"] = Answers(task), ["knowledge"] = Answers(general) }
        );

    /// <summary>400 items in 20 clusters, the first ones of every cluster right.</summary>
    private static Answer[] Answers(int right) =>
        [.. Enumerable.Range(0, 400).Select(i => new Answer($"{i}", $"{i % 20}", "", i < right ? 1 : 0, "", "", ""))];
}
