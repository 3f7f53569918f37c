using Fulcrum.Tasks;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>The comparison of two measurements of the same items, item by item.</summary>
public static class PairedComparison
{
    private sealed record Pair(string Cluster, string Group, int? Before, int? After);

    /// <summary>What a comparison computes beyond the difference itself.</summary>
    /// <param name="Margin">In points; null: no test against a margin.</param>
    /// <param name="Seed">Of the bootstrap.</param>
    public sealed record Settings(double? Margin = null, int Seed = 0);

    /// <summary>Compares one benchmark; items are paired by id, never by position.</summary>
    /// <exception cref="InputException">An id is missing on one side, or repeated; names it.</exception>
    public static BenchmarkComparison Of(
        string benchmark,
        IReadOnlyList<Answer> before,
        IReadOnlyList<Answer> after,
        Settings? settings = null
    )
    {
        Pair[] pairs = Pairs(benchmark, before, after);
        string[] groups =
        [
            .. pairs.Select(p => p.Group).Distinct().OrderBy(Hardness.IndexOf).ThenBy(g => g, StringComparer.Ordinal),
        ];
        GroupComparison whole = Of(benchmark, pairs);
        GroupComparison[] parts =
            groups.Length < 2 ? [] : [.. groups.Select(g => Of(g, [.. pairs.Where(p => p.Group == g)]))];
        IReadOnlyList<double> adjusted = Proportion.Holm([.. parts.Select(p => p.Mcnemar.P)]);
        Pair[] scored = [.. pairs.Where(p => p.Before is not null && p.After is not null)];
        Dictionary<string, Answer> second = after.ToDictionary(a => a.Id, StringComparer.Ordinal);
        (Answer, Answer)[] answers = [.. before.Select(b => (b, second[b.Id]))];
        return new BenchmarkComparison(
            benchmark,
            whole.Items,
            whole.Unscored,
            whole.Clusters,
            whole.Before,
            whole.After,
            whole.Difference,
            whole.Mcnemar,
            [.. parts.Select((p, i) => p with { AdjustedP = adjusted[i] })],
            before.Select(a => a.Protocol).FirstOrDefault(),
            Bootstrap: ClusterBootstrap.Of(
                Values(scored),
                RandomStream.For(settings?.Seed ?? 0, $"bootstrap of {benchmark}")
            ),
            Macro: Macro(scored),
            NonInferiority: settings?.Margin is { } margin
                ? Margin.Test(whole.Difference, margin / 100, Degrees(whole.Clusters, whole.Items))
                : null,
            Measures: MeasureStatistics.Of(answers),
            MeasureParts: MeasureStatistics.Parts(answers),
            Calibration: MeasureStatistics.CalibrationOf(answers)
        );
    }

    // Spider's groups have an order of their own; others, at -1, are told by the alphabet.
    private static readonly List<string> Hardness = ["easy", "medium", "hard", "extra"];

    /// <summary>Per-item differences of the items scored on both sides, in the order of the first.</summary>
    /// <exception cref="InputException">As for
    /// <see cref="Of(string, IReadOnlyList{Answer}, IReadOnlyList{Answer}, Settings?)"/>.</exception>
    public static IReadOnlyList<(string Cluster, double Value)> Differences(
        string benchmark,
        IReadOnlyList<Answer> before,
        IReadOnlyList<Answer> after
    ) => Values([.. Pairs(benchmark, before, after).Where(p => p.Before is not null && p.After is not null)]);

    /// <summary>Degrees of freedom of a clustered standard error: clusters - 1, with one cluster items - 1.</summary>
    internal static int Degrees(int clusters, int items) => Math.Max(1, (clusters > 1 ? clusters : items) - 1);

    /// <summary>
    /// The mean of paired differences, with the standard error of the cluster-robust sandwich estimate times sqrt(k /
    /// (k - 1)) (CR1; Cameron and Miller 2015,
    /// J. Human Resources 50:317, section II.B) and Student's t on k - 1 degrees of freedom; items that share a cluster
    /// are not independent (arXiv:2411.00640).
    /// With one cluster every item counts as its own. Where all differences are equal they show no variance, and the
    /// interval allows for the largest share of
    /// other items that such a sample misses in 1 of 40 studies: 1 - 0.025^(1/n) (Clopper and Pearson 1934, Biometrika
    /// 26:404).
    /// </summary>
    public static Difference Clustered(IReadOnlyList<(string Cluster, double Value)> differences)
    {
        int n = differences.Count;
        if (n == 0)
        {
            return new Difference(0, -1, 1, 0);
        }

        double mean = differences.Average(d => d.Value);
        double[] sums = [.. differences.GroupBy(d => d.Cluster).Select(g => g.Sum(d => d.Value - mean))];
        sums = sums.Length > 1 ? sums : [.. differences.Select(d => d.Value - mean)];
        int k = sums.Length;
        double error = k < 2 ? 0 : Math.Sqrt(sums.Sum(s => s * s) * k / (k - 1)) / n;
        double items = n < 2 ? 0 : Math.Sqrt(differences.Sum(d => (d.Value - mean) * (d.Value - mean)) / (n - 1) / n);
        double half = (error > 1e-12 ? error : items) * (k < 2 ? 0 : StudentT.InvCDF(0, 1, k - 1, 0.975));
        double missed = half > 0 ? 0 : 1 - Math.Pow(0.025, 1.0 / n);
        double low = half > 0 ? mean - half : mean - missed * (1 + mean),
            high = half > 0 ? mean + half : mean + missed * (1 - mean);
        return new Difference(mean, Math.Max(-1, low), Math.Min(1, high), error);
    }

    private static (string Cluster, double Value)[] Values(IReadOnlyList<Pair> scored) =>
        [.. scored.Select(p => (p.Cluster, (double)(p.After!.Value - p.Before!.Value)))];

    private static MacroMeans? Macro(IReadOnlyList<Pair> scored)
    {
        (double Before, double After)[] clusters =
        [
            .. scored
                .GroupBy(p => p.Cluster)
                .Select(g => (g.Average(p => p.Before!.Value), g.Average(p => p.After!.Value))),
        ];
        return clusters.Length < 2
            ? null
            : new MacroMeans(
                clusters.Average(c => c.Before),
                clusters.Average(c => c.After),
                Clustered([.. clusters.Select((c, i) => ($"{i}", c.After - c.Before))])
            );
    }

    private static GroupComparison Of(string name, IReadOnlyList<Pair> pairs)
    {
        Pair[] scored = [.. pairs.Where(p => p.Before is not null && p.After is not null)];
        Difference difference = Clustered(Values(scored));
        return new GroupComparison(
            name,
            scored.Length,
            pairs.Count - scored.Length,
            scored.Select(p => p.Cluster).Distinct().Count(),
            Proportion.Wilson(scored.Sum(p => p.Before!.Value), scored.Length),
            Proportion.Wilson(scored.Sum(p => p.After!.Value), scored.Length),
            difference,
            Proportion.McNemar(scored.Count(p => p.After > p.Before), scored.Count(p => p.After < p.Before))
        );
    }

    private static Pair[] Pairs(string benchmark, IReadOnlyList<Answer> before, IReadOnlyList<Answer> after)
    {
        Dictionary<string, Answer> first = ById(benchmark, "before", before),
            second = ById(benchmark, "after", after);
        string? single = first
            .Keys.Except(second.Keys)
            .Concat(second.Keys.Except(first.Keys))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        if (single is not null)
        {
            throw new InputException(
                $"{benchmark}: the item '{single}' is missing in the answers {(first.ContainsKey(single) ? "after" : "before")}; both sides must have the same items"
            );
        }

        return [.. before.Select(b => new Pair(b.Cluster, b.Group, b.Score, second[b.Id].Score))];
    }

    private static Dictionary<string, Answer> ById(string benchmark, string side, IReadOnlyList<Answer> answers)
    {
        Dictionary<string, Answer> byId = new(StringComparer.Ordinal);
        foreach (Answer answer in answers)
        {
            if (!byId.TryAdd(answer.Id, answer))
            {
                throw new InputException($"{benchmark}: the item '{answer.Id}' stands twice in the answers {side}");
            }
        }

        return byId;
    }
}
