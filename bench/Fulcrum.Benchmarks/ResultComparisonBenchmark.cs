using BenchmarkDotNet.Attributes;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Benchmarks;

/// <summary>Two results of a query, equal but for the order of their rows and columns.</summary>
public class ResultComparisonBenchmark
{
    private object?[][] gold = [],
        predicted = [];

    [Params(100, 10_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        gold =
        [
            .. Enumerable
                .Range(0, Rows)
                .Select(i =>
                    new object?[]
                    {
                        (long)i,
                        $"name {random.Next(50)}",
                        random.Next(9) * 0.5,
                        random.Next(3) == 0 ? null : "x",
                    }
                ),
        ];
        predicted = [.. gold.Select(r => new[] { r[2], r[0], r[3], r[1] })];
        random.Shuffle(predicted);
    }

    [Benchmark]
    public bool Official() => ResultComparison.Official(gold, predicted, false);

    [Benchmark]
    public bool Strict() => ResultComparison.Strict(gold, gold, false);

    [Benchmark]
    public bool Notebook() => ResultComparison.Notebook(gold, predicted);
}
