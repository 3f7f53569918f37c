using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Every statistic against a closed form, a published worked example or a simulation whose truth is
/// known.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void A_variance_that_is_not_a_number_is_not_left_out_of_a_sum() =>
        Assert.True(double.IsNaN(StandardErrors.OfSum([(double.NaN, 3), (1, 3), (0, 0)]).Error));

    /// <summary>Newcombe 1998, Stat. Med. 17:857, table I, method 3.</summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilson_agrees_with_the_published_table(int right, int items, double low, double high)
    {
        ScoreInterval got = Proportion.Wilson(right, items);

        Assert.Equal((low, high), (Math.Round(got.Low, 4), Math.Round(got.High, 4)));
    }

    /// <summary>The sleep data of Student 1908, Biometrika 6:1: mean 1.58, standard error 0.389, 95% interval 0.700 to
    /// 2.460. Equal clusters give k - 1 degrees of freedom.</summary>
    [Fact]
    public void Equal_clusters_give_Students_paired_interval()
    {
        double[] sleep = [1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4];
        Sample sample = Sample.OfMeasures([.. sleep.SelectMany((v, i) => Enumerable.Repeat(($"{i}", v), 3))]);

        Estimate got = new Estimator(sample, Estimand.Clusters).At();

        Assert.Equal(
            [1.58, 0.389, 0.700, 2.460],
            new[] { got.Points, got.StandardError, got.Low, got.High }.Select(v => Math.Round(v, 3))
        );
        Assert.Equal(9, got.DegreesOfFreedom, 1e-9);
    }

    [Fact]
    public void McNemars_exact_test_never_exceeds_its_level()
    {
        for (int n = 1; n <= 300; n++)
        {
            double size = Enumerable
                .Range(0, n + 1)
                .Where(k => Proportion.McNemar(k, n - k).P <= 0.05)
                .Sum(k => Binomial.PMF(0.5, n, k));
            Assert.True(size <= 0.05, $"{n} changed items: {size}");
        }
    }

    [Theory]
    [InlineData(1, 0.001)]
    [InlineData(1.7, 1e-5)]
    [InlineData(20, 0.025)]
    [InlineData(59.3, 0.025)]
    [InlineData(1e6, 0.4)]
    public void A_quantile_of_Students_t_is_exceeded_with_its_probability(double degrees, double tail) =>
        Assert.Equal(1, Student.UpperTail(Student.Quantile(tail, degrees), degrees) / tail, 1e-9);

    /// <summary>At 1 degree of freedom t is Cauchy's distribution.</summary>
    [Fact]
    public void Far_quantiles_of_Cauchys_distribution_are_exact() =>
        Assert.Equal(1, Student.Quantile(1e-6, 1) / (1 / Math.Tan(Math.PI * 1e-6)), 1e-9);

    [Theory]
    [InlineData(20, 25, 0.93)]
    [InlineData(8, 60, 0.93)]
    [InlineData(5, 80, 0.93)]
    public void Intervals_for_other_clusters_cover_the_truth_in_19_of_20_simulated_studies(
        int clusters,
        int items,
        double least
    )
    {
        int studies = 1000,
            covered = 0;
        Parallel.For(
            0,
            studies,
            study =>
            {
                RandomStream random = RandomStream.For(study, $"coverage of {clusters}");
                Estimate got = new Estimator(Study(random, clusters, items, 0.2, 0.1, 0.3), Estimand.Clusters).At();
                Interlocked.Add(ref covered, got.Low <= 0.1 && 0.1 <= got.High ? 1 : 0);
            }
        );

        Assert.InRange(covered / (double)studies, least, 0.99);
    }

    [Fact]
    public void Without_a_flip_p_is_1_and_the_interval_allows_for_losses_that_the_sample_missed()
    {
        Sample sample = Sample.OfPairs([.. Enumerable.Range(0, 200).Select(i => ($"{i % 10}", 1.0, 1.0))]);

        Estimate got = new Estimator(sample, Estimand.Items).At();

        Assert.Equal(1, got.P);
        Assert.InRange(got.High, 0.01, 0.03);
        Assert.Equal(-got.High, got.Low, 1e-9);
    }

    [Fact]
    public void Unchanged_graded_items_still_give_an_interval_of_positive_width()
    {
        Sample four = Sample.OfDifferences([.. Enumerable.Range(0, 4).Select(i => ("c", 0.0))]);
        Estimator estimator = new(four, Estimand.Items);

        Assert.Equal(1 - Math.Pow(0.025, 0.25), estimator.At().High, 1e-12);
        Assert.Equal("clopper-pearson", estimator.Method.ToString());
        Assert.Equal(1, estimator.P(0));
    }

    [Fact]
    public void A_sample_of_one_item_says_nothing()
    {
        Estimate got = new Estimator(Sample.OfPairs([("a", 0, 1)]), Estimand.Items).At();

        Assert.Equal((1.0, -1.0, 1.0, 1.0), (got.Points, got.Low, got.High, got.P));
    }

    [Theory]
    [InlineData(Estimand.Items)]
    [InlineData(Estimand.Clusters)]
    public void P_against_a_bound_of_the_interval_is_the_intervals_level(Estimand estimand)
    {
        Estimator estimator = new(Study(RandomStream.For(7, "bounds"), 12, 20, 0.1, 0.05, 0.1), estimand);
        Estimate at = estimator.At(0.01);

        Assert.Equal(0.01, estimator.P(at.Low), 1e-6);
        Assert.Equal(0.01, estimator.P(at.High), 1e-6);
    }

    [Fact]
    public void The_minimum_detectable_difference_is_found_in_8_of_10_simulated_studies()
    {
        int items = 500,
            found = 0,
            studies = 1000;
        double effect = Power.MinimumDetectable(items, items - 1, 0.2, 1)!.Value;
        for (int study = 0; study < studies; study++)
        {
            Sample sample = Study(
                RandomStream.For(study, "power"),
                1,
                items,
                (0.2 + effect) / 2,
                (0.2 - effect) / 2,
                0
            );
            found += new Estimator(sample, Estimand.Items).At().Low > 0 ? 1 : 0;
        }

        Assert.InRange(found / (double)studies, 0.76, 0.84);
    }

    /// <summary>With many items, the figures of two-sided 5% and 80% power: c = 1.960 + 0.842.</summary>
    [Theory]
    [InlineData(50, 0.2, 1)]
    [InlineData(1034, 0.2, 2)]
    [InlineData(14042, 0.05, 1)]
    public void The_minimum_detectable_difference_follows_from_items_discordance_and_design_effect(
        int items,
        double discordance,
        double effect
    )
    {
        double c = 1.959964 + 0.841621,
            closed = c * Math.Sqrt(effect * discordance / (items + effect * c * c));

        Assert.Equal(closed, Power.MinimumDetectable(items, items - 1, discordance, effect)!.Value, 0.035 * closed);
    }

    [Fact]
    public void A_difference_larger_than_the_share_of_changed_items_is_not_given()
    {
        Assert.Null(Power.MinimumDetectable(60, 59, 0.05, 2));
        Assert.All(
            TaskPower.Before("x", [30, 30]).Expected,
            e => Assert.True(e.Points is null || e.Points <= e.Discordance)
        );
    }

    /// <summary>Ten harmless tasks at 80% power each are all accepted in 0.8^10 = 11% of studies.</summary>
    [Fact]
    public void The_power_of_a_whole_verdict_is_the_product_of_its_tasks()
    {
        TaskPower task = TaskPower.Before("x", [400], looking: 2) with { Chance = 0.8 };

        Assert.Equal(0.107, TaskPower.OfAll(Enumerable.Repeat(task, 10)), 1e-3);
    }

    [Fact]
    public void Seeds_that_agree_add_nothing_to_the_interval_over_items()
    {
        Sample sample = Study(RandomStream.For(3, "seeds"), 20, 5, 0.3, 0.1, 0.2);

        RecipeEstimate got = RecipeEstimate.Of([sample, sample]);

        Assert.Equal(
            new Estimator(Sample.MeanOf([sample]), Estimand.Clusters).At().StandardError,
            got.StandardError,
            1e-12
        );
    }

    [Fact]
    public void An_interval_over_seeds_covers_the_truth_of_new_seeds()
    {
        int covered = 0,
            studies = 300;
        for (int study = 0; study < studies; study++)
        {
            RandomStream random = RandomStream.For(study, "seed coverage");
            RecipeEstimate got = RecipeEstimate.Of([
                .. Enumerable
                    .Range(0, 5)
                    .Select(_ => Study(random, 1, 200, 0.2 + 0.2 * (random.NextDouble() - 0.5), 0.1, 0)),
            ]);
            covered += got.Low <= 0.1 && 0.1 <= got.High ? 1 : 0;
        }

        Assert.InRange(covered / (double)studies, 0.92, 1);
    }

    [Fact]
    public void One_candidate_needs_no_more_than_its_own_interval_and_more_need_more()
    {
        Sample[] samples =
        [
            .. Enumerable.Range(0, 6).Select(i => Study(RandomStream.For(i, "family"), 20, 10, 0.2, 0.2, 0.1)),
        ];

        FamilyLevel one = MaxT.Of(samples[..1], Estimand.Clusters, RandomStream.For(1, "one")),
            six = MaxT.Of(samples, Estimand.Clusters, RandomStream.For(1, "six")),
            same = MaxT.Of([.. Enumerable.Repeat(samples[0], 6)], Estimand.Clusters, RandomStream.For(1, "same"));

        Assert.Equal(0.05, one.LocalLevel, 1e-12);
        Assert.InRange(six.LocalLevel, 0.05 / 6, 0.03);
        Assert.Equal(0.05, same.LocalLevel, 0.002);
    }

    [Fact]
    public void Selection_and_confirmation_share_no_item_and_halve_every_cluster()
    {
        string[] clusters = [.. Enumerable.Range(0, 61).Select(i => $"c{i % 7}")];

        (IReadOnlyList<int> selection, IReadOnlyList<int> confirmation) = Selection.Split(
            clusters,
            null,
            RandomStream.For(1, "selection")
        );

        Assert.Equal(Enumerable.Range(0, 61), selection.Concat(confirmation).Order());
        Assert.InRange(selection.Count, 30, 31);
        Assert.All(
            clusters.Distinct(),
            c =>
                Assert.InRange(
                    selection.Count(i => clusters[i] == c) - confirmation.Count(i => clusters[i] == c),
                    -1,
                    1
                )
        );
    }

    [Theory]
    [InlineData(null, 20, true)]
    [InlineData(Estimand.Clusters, 25, true)]
    [InlineData(Estimand.Clusters, 19, false)]
    [InlineData(Estimand.Items, 20, false)]
    public void Many_clusters_are_divided_whole_if_the_result_is_to_hold_for_other_clusters(
        Estimand? estimand,
        int count,
        bool whole
    )
    {
        string[] clusters = [.. Enumerable.Range(0, count).SelectMany(c => Enumerable.Repeat($"c{c:00}", 4 + (2 * c)))];

        (IReadOnlyList<int> selection, IReadOnlyList<int> confirmation) = Selection.Split(
            clusters,
            estimand,
            RandomStream.For(1, "selection")
        );
        string[] both = [.. selection.Select(i => clusters[i]).Intersect(confirmation.Select(i => clusters[i]))];

        Assert.Equal(Enumerable.Range(0, clusters.Length), selection.Concat(confirmation).Order());
        Assert.Equal(whole ? 0 : count, both.Length);
        Assert.InRange(selection.Count - confirmation.Count, -2 * count, 2 * count);
    }

    [Fact]
    public void The_chance_to_show_a_mean_again_is_half_where_the_interval_ends_at_the_limit()
    {
        Assert.Equal(0.5, Selection.ChanceToShow(new Difference(0.1, 0.02, 0.18, 0.04), 0.02), 1e-12);
        // The lower bound lies one joint standard error, √2 times 0.04, above the limit.
        double low = 0.04 * Math.Sqrt(2),
            points = low + (0.04 * 1.959963984540054);
        Assert.Equal(0.841344746068543, Selection.ChanceToShow(new Difference(points, low, 0.2, 0.04), 0), 1e-12);
        Assert.Equal((1, 0), (Flat(-0.01), Flat(0)));

        static double Flat(double limit) => Selection.ChanceToShow(new Difference(0, 0, 0, 0), limit);
    }

    [Fact]
    public void Macro_means_count_every_cluster_the_same()
    {
        Answer[] before = [.. "abcde".Select(c => Scored($"{c}", $"{c}", 0)), Scored("f", "a", 0)],
            after = [Scored("a", "a", 1), .. "bcde".Select(c => Scored($"{c}", $"{c}", 0)), Scored("f", "a", 1)];

        PairedResult got = PairedComparison.Of("x", before, after);

        Assert.Equal((0, 0.2, 0.2), (got.Macro!.Before, got.Macro.After, got.Macro.Difference.Points));
        Assert.Equal(2 / 6.0, got.Difference.Points, 1e-12);
    }

    /// <summary>Every cluster has its own gain, spread evenly over <paramref name="spread"/> around the mean.</summary>
    private static Sample Study(
        RandomStream random,
        int clusters,
        int items,
        double gained,
        double lost,
        double spread
    ) =>
        Sample.OfPairs([
            .. Enumerable
                .Range(0, clusters)
                .SelectMany(c =>
                {
                    double gain = gained + spread * (random.NextDouble() - 0.5);
                    return Enumerable
                        .Range(0, items)
                        .Select(_ => random.NextDouble())
                        .Select(u =>
                            (
                                $"{c}",
                                u >= gain && u < gain + lost ? 1.0 : 0,
                                u < gain ? 1.0
                                : u < gain + lost ? 0
                                : 0
                            )
                        )
                        .ToArray();
                }),
        ]);

    private static Answer Scored(string id, string cluster, int score) => new(id, cluster, "", score, "", "", "");
}
