using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Both estimands, families of candidates, seeds and boundaries against independent programs.</summary>
public sealed class EstimandTests
{
    private static readonly JsonNode Expected = JsonNode.Parse(
        File.ReadAllText(SharedData.Of("golden", "estimand", "expected.json"))
    )!;

    public static TheoryData<string> Pairs => [.. Expected["pairs"]!.AsObject().Select(p => p.Key)];

    public static TheoryData<string> Families => [.. Expected["simultaneous"]!.AsObject().Select(p => p.Key)];

    public static TheoryData<string> SeedFamilies => [.. Expected["seeds"]!.AsObject().Select(p => p.Key)];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Both_estimands_tests_and_scores_agree_with_the_reference(string name)
    {
        JsonNode e = Expected["pairs"]![name]!;

        PairedResult got = PairedComparison.Of(name, Side(name, "before"), Side(name, "after"));

        Assert.Equal(
            ((int)e["items"]!, (int)e["unscored"]!, (int)e["clusters"]!),
            (got.Items, got.Unscored, got.Clusters)
        );
        Agrees(e["estimands"]!["items"]!, got.Estimands.Items);
        Assert.Equal(e["estimands"]!["clusters"] is null, got.Estimands.Clusters is null);
        if (got.Estimands.Clusters is { } clusters)
        {
            Agrees(e["estimands"]!["clusters"]!, clusters);
        }

        string chosen = got.Estimand == Estimand.Items ? "items" : "clusters";
        Assert.Equal((string?)e["chosen"], chosen);
        Assert.Equal((string?)e["interval_method"]![chosen], got.IntervalMethod.ToString());
        Score(e["before"]!, got.Before);
        Score(e["after"]!, got.After);
        Assert.Equal((string?)e["worst_cluster"]!["cluster"], got.WorstCluster!.Value.Cluster);
        Assert.Equal((double)e["worst_cluster"]!["points"]!, got.WorstCluster.Value.Points, 1e-9);
        Assert.Equal((double?)e["mcnemar"]?["p"], got.Mcnemar?.P, Within(1e-9));
        Assert.Equal(
            (double?)e["sign_flip"]?["p"],
            got.SignFlip?.P,
            Within(got.SignFlip is { Exact: false } ? 2e-4 : 1e-9)
        );
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Simultaneous_bounds_agree_with_the_reference(string name)
    {
        JsonNode e = Expected["simultaneous"]![name]!;
        JsonArray candidates = e["candidates"]!.AsArray();
        double critical = (double)e["critical_value"]!;

        CandidateFamily got = CandidateFamily.Of(name, Side(name, "before"), After(name, candidates.Count));

        Assert.Equal(critical, got.CriticalValue!.Value, 0.02 * Math.Max(1, critical / 3));
        for (int j = 0; j < candidates.Count; j++)
        {
            JsonNode difference = candidates[j]!["difference"]!;
            Assert.Equal((double)difference["low"]!, got.Candidates[j].Difference.Low, 1e-9);
            double slack = 0.03 * Math.Max(1, critical / 3) * (double)difference["standard_error"]! + 1e-9;
            Assert.Equal(
                (double)candidates[j]!["simultaneous"]!["low"]!,
                got.Candidates[j].Simultaneous!.Value.Low,
                slack
            );
            Assert.Equal(
                (double)candidates[j]!["simultaneous"]!["high"]!,
                got.Candidates[j].Simultaneous!.Value.High,
                slack
            );
        }
    }

    [Theory]
    [MemberData(nameof(SeedFamilies))]
    public void The_recipes_interval_agrees_with_the_reference(string name)
    {
        JsonNode e = Expected["seeds"]![name]!;

        CandidateFamily got = CandidateFamily.Of(
            name,
            Side(name, "before"),
            After(name, (int)e["seeds"]!),
            simultaneous: false,
            seeds: true
        );

        RecipeEstimate recipe = got.Recipe!.Value;
        Assert.Null(got.CriticalValue);
        Assert.Equal((double)e["points"]!, recipe.Points, 1e-9);
        Assert.Equal((double)e["low"]!, recipe.Low, 1e-9);
        Assert.Equal((double)e["high"]!, recipe.High, 1e-9);
        Assert.Equal((double)e["degrees_of_freedom"]!, recipe.DegreesOfFreedom, 1e-6);
    }

    [Fact]
    public void Macro_F1_has_the_jackknife_interval_of_the_reference()
    {
        JsonNode e = Expected["macro_f1"]!["labels"]!;

        CorpusResult got = PairedComparison
            .Of(
                "labels",
                Side("labels", "before"),
                Side("labels", "after"),
                new ComparisonSettings(Measure: CorpusMeasure.MacroF1)
            )
            .Corpus!;

        Assert.Equal((double)e["before"]!, got.Before, 1e-9);
        Assert.Equal((double)e["after"]!, got.After, 1e-9);
        Assert.Equal((double)e["low"]!, got.Low, 1e-9);
        Assert.Equal((double)e["high"]!, got.High, 1e-9);
        Assert.Equal((double)e["degrees_of_freedom"]!, got.DegreesOfFreedom);
    }

    [Theory]
    [InlineData("ten")]
    [InlineData("six")]
    [InlineData("ten_cut")]
    [InlineData("six_cut")]
    public void Boundaries_agree_with_the_reference(string name)
    {
        JsonNode e = Expected["boundaries"]![name]!;
        double[] looks = [.. e["looks"]!.AsArray().Select(t => (double)t!)];

        IReadOnlyList<double> z = GroupSequential.Boundaries(looks);

        foreach ((double want, double got) in e["z"]!.AsArray().Select(t => (double)t!).Zip(z))
        {
            Assert.Equal(want, got, 1e-6);
        }
    }

    [Fact]
    public void Pass_at_k_agrees_with_the_reference()
    {
        foreach (JsonNode? e in Expected["pass_at_k"]!.AsArray())
        {
            double got = Proportion.PassAtK((int)e!["samples"]!, (int)e["correct"]!, (int)e["k"]!);
            Assert.Equal((double)e["value"]!, got, 1e-9);
        }
    }

    [Fact]
    public void Estimand_clusters_falls_back_to_items_with_too_few_clusters() =>
        Assert.Equal(
            Estimand.Items,
            PairedComparison
                .Of(
                    "few-3",
                    Side("few-3", "before"),
                    Side("few-3", "after"),
                    new ComparisonSettings(Estimand: Estimand.Clusters)
                )
                .Estimand
        );

    private static void Agrees(JsonNode expected, Estimate got)
    {
        Assert.Equal((double)expected["points"]!, got.Points, 1e-9);
        Assert.Equal((double)expected["low"]!, got.Low, 1e-8);
        Assert.Equal((double)expected["high"]!, got.High, 1e-8);
        Assert.Equal((double)expected["standard_error"]!, got.StandardError, 1e-9);
        Assert.Equal((double)expected["degrees_of_freedom"]!, got.DegreesOfFreedom, 1e-6);
        Assert.Equal((double)expected["p"]!, got.P, 1e-9);
        Assert.Equal(got.P < 0.05, got.Low > 0 || got.High < 0);
    }

    private static void Score(JsonNode expected, ScoreInterval got)
    {
        Assert.Equal((double)expected["score"]!, got.Score, 1e-9);
        Assert.Equal((double)expected["low"]!, got.Low, 1e-9);
        Assert.Equal((double)expected["high"]!, got.High, 1e-9);
    }

    private static IEqualityComparer<double?> Within(double tolerance) =>
        EqualityComparer<double?>.Create(
            (a, b) => a is null ? b is null : b is { } other && Math.Abs(a.Value - other) <= tolerance,
            _ => 0
        );

    private static (string, IReadOnlyList<Answer>)[] After(string name, int count) =>
        [.. Enumerable.Range(1, count).Select(j => ($"{j}", Side(name, $"after{j}")))];

    private static IReadOnlyList<Answer> Side(string name, string side) =>
        AnswerFile.Read(SharedData.Of("golden", "estimand", $"{name}-{side}.jsonl"));
}
