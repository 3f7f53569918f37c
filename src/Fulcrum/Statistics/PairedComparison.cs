using Fulcrum.Evaluation;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>The comparison of two measurements of the same items, item by item.</summary>
public static class PairedComparison
{
    private sealed record Pair(string Cluster, string Group, int? Before, int? After);

    /// <summary>Compares one benchmark; items are paired by id, never by position.</summary>
    /// <exception cref="InputException">An id is missing on one side, or repeated; names it.</exception>
    public static BenchmarkComparison Of(string benchmark, IReadOnlyList<Answer> before, IReadOnlyList<Answer> after)
    {
        Pair[] pairs = Pairs(benchmark, before, after);
        string[] groups = [.. pairs.Select(p => p.Group).Distinct().Order(StringComparer.Ordinal)];
        GroupComparison whole = Of(benchmark, pairs);
        GroupComparison[] parts = groups.Length < 2 ? [] : [.. groups.Select(g => Of(g, [.. pairs.Where(p => p.Group == g)]))];
        Dictionary<string, Answer> second = after.ToDictionary(a => a.Id, StringComparer.Ordinal);
        (Answer, Answer)[] answers = [.. before.Select(b => (b, second[b.Id]))];
        return new BenchmarkComparison(
            benchmark, whole.Items, whole.Unscored, whole.Clusters, whole.Before, whole.After, whole.Difference, whole.Mcnemar, parts, before.Select(a => a.Protocol).FirstOrDefault(),
            Measures: MeasureStatistics.Of(answers), MeasureParts: MeasureStatistics.Parts(answers), Calibration: MeasureStatistics.CalibrationOf(answers));
    }

    /// <summary>
    /// The mean of paired differences, with the standard error of the cluster-robust sandwich estimate times sqrt(k / (k - 1)) (CR1; Cameron and Miller 2015,
    /// J. Human Resources 50:317, section II.B) and Student's t on k - 1 degrees of freedom; items that share a cluster are not independent (arXiv:2411.00640).
    /// With one cluster every item counts as its own.
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
        if (k < 2)
        {
            return new Difference(mean, -1, 1, 0);
        }

        double error = Math.Sqrt(sums.Sum(s => s * s) * k / (k - 1)) / n, half = error * StudentT.InvCDF(0, 1, k - 1, 0.975);
        return new Difference(mean, Math.Max(-1, mean - half), Math.Min(1, mean + half), error);
    }

    private static GroupComparison Of(string name, IReadOnlyList<Pair> pairs)
    {
        Pair[] scored = [.. pairs.Where(p => p.Before is not null && p.After is not null)];
        Difference difference = Clustered([.. scored.Select(p => (p.Cluster, (double)(p.After!.Value - p.Before!.Value)))]);
        return new GroupComparison(
            name, scored.Length, pairs.Count - scored.Length, scored.Select(p => p.Cluster).Distinct().Count(),
            Proportion.Wilson(scored.Sum(p => p.Before!.Value), scored.Length), Proportion.Wilson(scored.Sum(p => p.After!.Value), scored.Length), difference,
            Proportion.McNemar(scored.Count(p => p.After > p.Before), scored.Count(p => p.After < p.Before)));
    }

    private static Pair[] Pairs(string benchmark, IReadOnlyList<Answer> before, IReadOnlyList<Answer> after)
    {
        Dictionary<string, Answer> first = ById(benchmark, "before", before), second = ById(benchmark, "after", after);
        string? single = first.Keys.Except(second.Keys).Concat(second.Keys.Except(first.Keys)).Order(StringComparer.Ordinal).FirstOrDefault();
        if (single is not null)
        {
            throw new InputException($"{benchmark}: the item '{single}' is missing {(first.ContainsKey(single) ? "after" : "before")}; both sides must have the same items");
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
                throw new InputException($"{benchmark}: the item '{answer.Id}' is repeated {side}");
            }
        }

        return byId;
    }
}
