using Fulcrum.Statistics;
using Xunit;

namespace Fulcrum.Tests;

public sealed class EarlyDecisionTests
{
    private static readonly int[] Clusters = [15, 30, 40, 60, 80, 100, 120];

    [Fact]
    public void Each_look_asks_the_same_share_of_every_cluster_and_the_last_asks_all()
    {
        IReadOnlyList<int> counts = EarlyDecision.Counts(Clusters);

        Assert.Equal(6, counts.Count);
        Assert.Equal(Clusters.Sum(), counts[^1]);
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(
            (1, 2, 20),
            (EarlyDecision.Asked(3, 0.1), EarlyDecision.Asked(15, 0.1), EarlyDecision.Asked(20, 1))
        );
        Assert.Equal(10, EarlyDecision.Looks(14042).Count);
    }

    [Fact]
    public void All_error_is_spent_at_the_last_look() => Assert.Equal(0.025, GroupSequential.Spent(1), 1e-15);

    /// <summary>With a single look at all items the boundary is that of the fixed design.</summary>
    [Fact]
    public void One_look_is_the_fixed_design() => Assert.Equal(1.959964, GroupSequential.Boundaries([1])[0], 1e-6);

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(0.5, 0.4)]
    [InlineData(0.5, 1.1)]
    public void Shares_that_do_not_rise_are_refused(double first, double second) =>
        Assert.Throws<ArgumentException>(() => GroupSequential.Boundaries([first, second]));

    [Fact]
    public void Large_gain_is_shown_at_an_early_look_with_the_adjusted_interval()
    {
        LookPlan plan = LookPlan.Of(EarlyDecision.Counts(Clusters));
        Sample seen = Study(RandomStream.For(1, "gain"), 0.2, 0.4, 0.02);

        Look look = EarlyDecision.At(plan, 1, seen, Estimand.Items, 0);

        Assert.Equal((LookOutcome.Above, true), (look.Outcome, look.Stops));
        Assert.True(look.Estimate.Low < new Estimator(seen, Estimand.Items).At().Low);
    }

    [Fact]
    public void A_sample_that_lies_at_the_limit_is_stopped_as_futile_before_its_end()
    {
        LookPlan plan = LookPlan.Of(EarlyDecision.Counts(Clusters));
        Sample half = Sample.OfPairs([
            .. Enumerable.Range(0, 350).Select(i => ($"{i % 7}", i % 10 == 0 ? 1.0 : 0, i % 10 == 5 ? 1.0 : 0)),
        ]);

        Assert.Equal(LookOutcome.Futile, EarlyDecision.At(plan, 4, half, Estimand.Items, 0).Outcome);
        Assert.Equal(LookOutcome.Open, EarlyDecision.At(plan, 5, half, Estimand.Items, 0).Outcome);
    }

    /// <summary>The limit is the true difference, so every decision is an error: at most 2.5% a side.</summary>
    [Fact]
    public void Looking_several_times_keeps_the_error_of_each_side()
    {
        const int Studies = 1200;
        LookPlan plan = LookPlan.Of(EarlyDecision.Counts(Clusters));
        IReadOnlyList<double> shares = EarlyDecision.Looks(Clusters.Sum());
        int above = 0,
            below = 0;
        Parallel.For(
            0,
            Studies,
            study =>
            {
                Sample[] looks = [.. shares.Select(t => Study(RandomStream.For(study, "limit"), t, 0.1, 0.1))];
                LookOutcome outcome = looks
                    .Select((s, l) => EarlyDecision.At(plan, l, s, Estimand.Items, 0))
                    .First(l => l.Stops)
                    .Outcome;
                Interlocked.Add(ref above, outcome == LookOutcome.Above ? 1 : 0);
                Interlocked.Add(ref below, outcome == LookOutcome.Below ? 1 : 0);
            }
        );

        Assert.InRange(above / (double)Studies, 0, 0.037);
        Assert.InRange(below / (double)Studies, 0, 0.037);
    }

    /// <summary>The first share of every cluster's items; the same stream gives the same items at every look.</summary>
    private static Sample Study(RandomStream random, double share, double gained, double lost)
    {
        List<(string, double, double)> seen = [];
        for (int g = 0; g < Clusters.Length; g++)
        {
            int asked = EarlyDecision.Asked(Clusters[g], share);
            for (int i = 0; i < Clusters[g]; i++)
            {
                double u = random.NextDouble();
                if (i < asked)
                {
                    seen.Add(($"{g}", u >= gained && u < gained + lost ? 1 : 0, u < gained ? 1 : 0));
                }
            }
        }

        return Sample.OfPairs(seen);
    }
}
