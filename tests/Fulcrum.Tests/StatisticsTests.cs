using Fulcrum.Statistics;
using Fulcrum.Tasks;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Every statistic against a closed form, a published worked example or a simulation whose truth is
/// known.</summary>
public sealed class StatisticsTests
{
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

    /// <summary>The sleep data of Student 1908, Biometrika 6:1: mean 1.58, standard error 0.389, 95 % interval 0.700 to
    /// 2.460; a tenth of it here, as differences end at 1.</summary>
    [Fact]
    public void Equal_clusters_give_Students_paired_interval()
    {
        double[] sleep = [1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4];
        (string, double)[] clusters = [.. sleep.SelectMany((v, i) => Enumerable.Repeat(($"{i}", v / 10), 3))];

        Difference got = PairedComparison.Clustered(clusters);

        Assert.Equal(
            [0.158, 0.0389, 0.0700, 0.2460],
            new[] { got.Points, got.StandardError, got.Low, got.High }.Select(v => Math.Round(v, 4))
        );
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
    [InlineData(20, 25, true)]
    [InlineData(57, 10, false)]
    [InlineData(8, 60, false)]
    public void Clustered_and_bootstrap_intervals_cover_the_truth_in_19_of_20_simulated_studies(
        int clusters,
        int items,
        bool both
    )
    {
        int studies = 2000,
            clustered = 0,
            bootstrap = 0;
        Parallel.For(
            0,
            studies,
            study =>
            {
                RandomStream random = RandomStream.For(study, $"coverage of {clusters}");
                (string, double)[] differences = Study(random, clusters, items, 0.2, 0.1, 0.3);
                Difference first = PairedComparison.Clustered(differences),
                    second = both ? ClusterBootstrap.Of(differences, random) : first;
                Interlocked.Add(ref clustered, first.Low <= 0.1 && 0.1 <= first.High ? 1 : 0);
                Interlocked.Add(ref bootstrap, second.Low <= 0.1 && 0.1 <= second.High ? 1 : 0);
            }
        );

        Assert.InRange(clustered / (double)studies, 0.935, 0.965);
        Assert.InRange(bootstrap / (double)studies, 0.935, 0.965);
    }

    [Fact]
    public void The_smallest_detectable_effect_is_found_in_8_of_10_simulated_studies()
    {
        int items = 500,
            found = 0,
            studies = 2000;
        double effect = Power.SmallestEffect(items, items, 0.2);
        for (int study = 0; study < studies; study++)
        {
            (string, double)[] differences = Study(
                RandomStream.For(study, "power"),
                items,
                1,
                (0.2 + effect) / 2,
                (0.2 - effect) / 2,
                0
            );
            found += PairedComparison.Clustered(differences).Low > 0 ? 1 : 0;
        }

        Assert.InRange(found / (double)studies, 0.78, 0.82);
    }

    /// <summary>With many items, the figures of two-sided 5 % and 80 % power: c = 1.960 + 0.842.</summary>
    [Theory]
    [InlineData(50, 0.05, 0.082)]
    [InlineData(1034, 0.2, 0.039)]
    [InlineData(14042, 0.05, 0.0053)]
    public void The_smallest_detectable_effect_follows_from_items_and_discordance(
        int items,
        double discordance,
        double points
    )
    {
        double c = 1.959964 + 0.841621,
            closed = c * Math.Sqrt(discordance / (items + c * c));

        Assert.Equal(points, closed, items > 1000 ? 5e-4 : 1e-3);
        Assert.Equal(closed, Power.SmallestEffect(items, items, discordance), 0.035 * closed);
    }

    /// <summary>Shrout and Fleiss 1979, Psychol. Bull. 86:420, tables 2 and 3: six targets by four judges, mean squares
    /// 32.49 of judges and 1.02 residual.</summary>
    [Fact]
    public void Variance_between_seeds_agrees_with_a_published_analysis_of_variance()
    {
        double[][] ratings =
        [
            [9, 6, 8, 7, 10, 6],
            [2, 1, 4, 1, 5, 2],
            [5, 3, 6, 2, 6, 4],
            [8, 2, 8, 6, 9, 7],
        ];

        SeedSpread got = SeedVariance.Of(
            "x",
            [.. ratings.Select((r, j) => (j, (IReadOnlyList<(string, double)>)[.. r.Select((v, i) => ($"{i}", v))]))]
        );

        Assert.Equal((32.49 - 1.02) / 6, got.Between, 0.003);
        Assert.Equal(ratings.Average(r => r.Average()), got.Mean.Points, 1e-12);
    }

    [Fact]
    public void Seeds_that_agree_have_no_variance_between_them()
    {
        (string, double)[] differences = Study(RandomStream.For(3, "seeds"), 20, 5, 0.3, 0.1, 0.2);

        SeedSpread got = SeedVariance.Of("x", [(1, differences), (2, differences)]);

        Assert.Equal(0, got.Between);
        Assert.Equal(PairedComparison.Clustered(differences).StandardError, got.Mean.StandardError, 1e-12);
    }

    [Fact]
    public void An_interval_over_seeds_covers_the_truth_of_new_seeds()
    {
        int covered = 0,
            studies = 500;
        for (int study = 0; study < studies; study++)
        {
            RandomStream random = RandomStream.For(study, "seed coverage");
            SeedSpread got = SeedVariance.Of(
                "x",
                [
                    .. Enumerable
                        .Range(0, 5)
                        .Select(s =>
                            (
                                s,
                                (IReadOnlyList<(string, double)>)
                                    Study(random, 200, 1, 0.2 + 0.2 * (random.NextDouble() - 0.5), 0.1, 0)
                            )
                        ),
                ]
            );
            covered += got.Mean.Low <= 0.1 && 0.1 <= got.Mean.High ? 1 : 0;
        }

        Assert.InRange(covered / (double)studies, 0.93, 1);
    }

    [Fact]
    public void Non_inferiority_and_equivalence_follow_from_students_t()
    {
        Difference loss = new(
            -0.005,
            -0.005 - 0.005 * StudentT.InvCDF(0, 1, 19, 0.975),
            -0.005 + 0.005 * StudentT.InvCDF(0, 1, 19, 0.975),
            0.005
        );

        NonInferiority wide = Margin.Test(loss, 0.02, 19),
            narrow = Margin.Test(loss, 0.012, 19);

        // t = 3 and t = 1.4 on 19 degrees of freedom; the tables give 0.0037 and 0.0888 beyond them.
        Assert.Equal((0.0037, 0.0888), (Math.Round(wide.P, 4), Math.Round(narrow.P, 4)));
        Assert.Equal((true, true, false, false), (wide.Shown, wide.Equivalent, narrow.Shown, narrow.Equivalent));
    }

    [Fact]
    public void Items_that_never_change_leave_an_interval_as_wide_as_what_the_sample_can_miss()
    {
        Difference four = PairedComparison.Clustered([.. Enumerable.Range(0, 4).Select(i => ($"{i}", 0.0))]);

        Assert.Equal(1 - Math.Pow(0.025, 0.25), four.High, 1e-12);
        Assert.Equal(-four.High, four.Low, 1e-12);
        Assert.InRange(
            PairedComparison.Clustered([.. Enumerable.Range(0, 400).Select(i => ($"{i}", 0.0))]).High,
            0.009,
            0.0093
        );
    }

    [Fact]
    public void The_bootstraps_spread_is_the_clustered_standard_error_without_its_correction()
    {
        (string, double)[] differences = Study(RandomStream.For(5, "bootstrap"), 20, 25, 0.2, 0.1, 0.3);

        Difference clustered = PairedComparison.Clustered(differences),
            bootstrap = ClusterBootstrap.Of(differences, RandomStream.For(5, "draws"));

        Assert.Equal(
            clustered.StandardError * Math.Sqrt(19 / 20.0),
            bootstrap.StandardError,
            0.05 * clustered.StandardError
        );
    }

    [Fact]
    public void Macro_means_count_every_cluster_the_same()
    {
        Answer[] before = [Scored("a", "x", 0), Scored("b", "x", 0), Scored("c", "x", 0), Scored("d", "y", 1)],
            after = [Scored("a", "x", 1), Scored("b", "x", 1), Scored("c", "x", 1), Scored("d", "y", 1)];

        BenchmarkComparison got = PairedComparison.Of("x", before, after);

        Assert.Equal(
            (0.5, 1, 0.5),
            (got.Macro!.Value.Before, got.Macro.Value.After, got.Macro.Value.Difference.Points)
        );
        Assert.Equal(0.75, got.Difference.Points);
    }

    /// <summary>Every cluster has its own gain, spread evenly over <paramref name="spread"/> around the mean.</summary>
    private static (string, double)[] Study(
        RandomStream random,
        int clusters,
        int items,
        double gained,
        double lost,
        double spread
    ) =>
        [
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
                                u < gain ? 1.0
                                : u < gain + lost ? -1
                                : 0
                            )
                        )
                        .ToArray();
                }),
        ];

    private static Answer Scored(string id, string cluster, int score) => new(id, cluster, "", score, "", "", "");
}
