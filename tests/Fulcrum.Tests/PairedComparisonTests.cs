using System.Text.Json.Nodes;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

public sealed class PairedComparisonTests
{
    [Fact]
    public void Every_reference_case_agrees_with_scipy()
    {
        JsonObject expected = JsonNode
            .Parse(File.ReadAllText(SharedData.Of("golden", "statistics", "expected.json")))!
            .AsObject();
        foreach ((string name, JsonNode? e) in expected)
        {
            BenchmarkComparison got = PairedComparison.Of(
                name,
                AnswerFile.Read(SharedData.Of("golden", "statistics", $"{name}-before.jsonl")),
                AnswerFile.Read(SharedData.Of("golden", "statistics", $"{name}-after.jsonl"))
            );

            Assert.Equal((int)e!["items"]!, got.Items);
            Assert.Equal((int)e["unscored"]!, got.Unscored);
            Assert.Equal((double)e["difference"]!, got.Difference.Points, 1e-9);
            Assert.Equal((double)e["before_wilson"]![0]!, got.Before.Low, 1e-9);
            Assert.Equal((double)e["before_wilson"]![1]!, got.Before.High, 1e-9);
            Assert.Equal((double)e["after_wilson"]![0]!, got.After.Low, 1e-9);
            Assert.Equal((double)e["mcnemar_exact"]!, got.Mcnemar.P, 1e-9);
            int k = (int)e["clusters"]!;
            if (k > 1)
            {
                Assert.Equal((double)e["clustered_se"]! * Math.Sqrt(k / (k - 1.0)), got.Difference.StandardError, 1e-9);
            }
        }
    }

    [Fact]
    public void Items_are_paired_by_id_whatever_their_order()
    {
        Answer[] before = [Scored("a", 0), Scored("b", 1), Scored("c", 0)],
            after = [Scored("c", 1), Scored("b", 0), Scored("a", 0)];

        BenchmarkComparison got = PairedComparison.Of("x", before, after);

        Assert.Equal((1, 1), (got.Mcnemar.Gained, got.Mcnemar.Lost));
        Assert.Equal(0, got.Difference.Points);
    }

    [Fact]
    public void A_missing_or_repeated_id_is_named()
    {
        Assert.Contains(
            "'b'",
            Assert
                .Throws<InputException>(() =>
                    PairedComparison.Of("x", [Scored("a", 1), Scored("b", 1)], [Scored("a", 1)])
                )
                .Message
        );
        Assert.Contains(
            "'a'",
            Assert
                .Throws<InputException>(() =>
                    PairedComparison.Of("x", [Scored("a", 1), Scored("a", 1)], [Scored("a", 1)])
                )
                .Message
        );
    }

    [Fact]
    public void An_item_that_one_side_could_not_score_is_left_out_and_counted()
    {
        BenchmarkComparison got = PairedComparison.Of(
            "x",
            [Scored("a", 1), Scored("b", null)],
            [Scored("a", 1), Scored("b", 1)]
        );

        Assert.Equal((1, 1), (got.Items, got.Unscored));
    }

    [Fact]
    public void McNemar_is_the_doubled_binomial_tail()
    {
        Assert.Equal(2 * (1 + 10 + 45) / 1024.0, Proportion.McNemar(8, 2).P, 1e-12);
        Assert.Equal(1, Proportion.McNemar(0, 0).P);
        Assert.Equal(1, Proportion.McNemar(5, 5).P);
    }

    [Fact]
    public void Holm_adjusts_a_published_example()
    {
        Assert.Equal(
            [0.03, 0.06, 0.06, 0.02],
            Proportion.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 10))
        );
    }

    [Fact]
    public void The_clustered_interval_covers_the_truth_in_19_of_20_simulated_studies()
    {
        RandomStream random = RandomStream.For(1, "coverage");
        int covered = 0;
        for (int study = 0; study < 2000; study++)
        {
            List<(string, double)> differences = [];
            for (int cluster = 0; cluster < 20; cluster++)
            {
                double shift = 0.3 * (random.NextDouble() - 0.5),
                    gain = 0.2 + shift;
                for (int item = 0; item < 25; item++)
                {
                    double u = random.NextDouble();
                    differences.Add(
                        (
                            $"{cluster}",
                            u < gain ? 1
                            : u < gain + 0.1 ? -1
                            : 0
                        )
                    );
                }
            }

            Difference got = PairedComparison.Clustered(differences);
            covered += got.Low <= 0.1 && 0.1 <= got.High ? 1 : 0;
        }

        Assert.InRange(covered / 2000.0, 0.935, 0.965);
    }

    private static Answer Scored(string id, int? score) => new(id, "c" + id, "", score, "", "", "");
}
