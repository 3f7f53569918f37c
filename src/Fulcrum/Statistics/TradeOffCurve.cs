using Fulcrum.Tasks;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Statistics;

/// <summary>One measured form of a model, with its answers.</summary>
/// <param name="Answers">By benchmark.</param>
public sealed record PointAnswers(
    string Name,
    string Kind,
    double Lambda,
    IReadOnlyDictionary<string, IReadOnlyList<Answer>> Answers,
    int? Step = null,
    string Form = "beside",
    int? Seed = null
);

/// <summary>Puts measured points on two axes, task and general, and finds the front.</summary>
public static class TradeOffCurve
{
    /// <summary>Compares every point with the first, and with every other.</summary>
    /// <param name="points">The base first; all with the same items.</param>
    /// <param name="benchmarks">Names, in the study's order.</param>
    /// <param name="tasks">Those of them that form the first axis; the others form the second.</param>
    /// <param name="margin">In points.</param>
    public static TradeOff Of(
        IReadOnlyList<PointAnswers> points,
        IReadOnlyList<string> benchmarks,
        IReadOnlyList<string> tasks,
        double margin
    )
    {
        string[] first = [.. benchmarks.Where(tasks.Contains)],
            second = [.. benchmarks.Except(first)];
        MeasuredPoint[] measured = [.. points.Select(p => Measured(points[0], p, benchmarks, first, second))];
        for (int i = 0; i < measured.Length; i++)
        {
            MeasuredPoint? better = Enumerable
                .Range(0, measured.Length)
                .Where(j => j != i && Dominates(points[j], measured[j], points[i], measured[i], first, second))
                .Select(j => measured[j])
                .FirstOrDefault();
            measured[i] = measured[i] with
            {
                OnFront = !measured.Any(p => Better(p, measured[i])),
                Dominated = better is not null,
                DominatedBy = better?.Name,
            };
        }

        (double, double)[] scores =
        [
            .. measured.Select(p => (Score(p, first), second.Length == 0 ? 1 : Score(p, second))),
        ];
        MeasuredPoint? best = measured
            .Where(p => p.Scores.All(s => first.Contains(s.Benchmark) || s.Difference.Low > -margin / 100))
            .MaxBy(p => Score(p, first));
        return new TradeOff(first, second, measured, Hypervolume(scores), Hypervolume(scores[..1]), best?.Name, margin);
    }

    /// <summary>Area of the unit square that lies below and left of at least one point (Zitzler and Thiele 1999, IEEE
    /// Trans. Evol. Comput. 3:257), reference point (0, 0).</summary>
    public static double Hypervolume(IEnumerable<(double X, double Y)> points)
    {
        double area = 0,
            reached = 0;
        foreach ((double x, double y) in points.OrderByDescending(p => p.X).ThenByDescending(p => p.Y))
        {
            area += x * Math.Max(0, y - reached);
            reached = Math.Max(reached, y);
        }

        return area;
    }

    /// <summary>The mean of independent differences; its degrees of freedom are Satterthwaite's (1946, Biometrics Bull.
    /// 2:110).</summary>
    /// <param name="parts">A benchmark each: its difference and the degrees of freedom of its standard error.</param>
    public static Difference Mean(IReadOnlyList<(Difference Difference, int Degrees)> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0].Difference;
        }

        double mean = parts.Average(p => p.Difference.Points),
            m = parts.Count;
        double variance = parts.Sum(p => Math.Pow(p.Difference.StandardError / m, 2)),
            fourth = parts.Sum(p => Math.Pow(p.Difference.StandardError / m, 4) / p.Degrees);
        if (variance == 0)
        {
            return new Difference(mean, parts.Average(p => p.Difference.Low), parts.Average(p => p.Difference.High), 0);
        }

        double error = Math.Sqrt(variance),
            half = error * StudentT.InvCDF(0, 1, Math.Max(1, variance * variance / fourth), 0.975);
        return new Difference(mean, Math.Max(-1, mean - half), Math.Min(1, mean + half), error);
    }

    private static MeasuredPoint Measured(
        PointAnswers basis,
        PointAnswers point,
        IReadOnlyList<string> benchmarks,
        string[] first,
        string[] second
    )
    {
        PointScore[] scores =
        [
            .. benchmarks.Select(b =>
            {
                IReadOnlyList<Answer> answers = point.Answers[b];
                return new PointScore(
                    b,
                    answers.Count(a => a.Score is not null),
                    Proportion.Wilson(answers.Sum(a => a.Score ?? 0), answers.Count(a => a.Score is not null)),
                    Between(basis, point, b).Difference
                );
            }),
        ];
        return new MeasuredPoint(
            point.Name,
            point.Kind,
            point.Lambda,
            point.Step,
            point.Form,
            point.Seed,
            scores,
            Axis(basis, point, first)!.Value,
            Axis(basis, point, second),
            OnFront: false,
            Dominated: false
        );
    }

    private static (Difference Difference, int Degrees) Between(PointAnswers from, PointAnswers to, string benchmark)
    {
        IReadOnlyList<(string Cluster, double Value)> differences = PairedComparison.Differences(
            benchmark,
            from.Answers[benchmark],
            to.Answers[benchmark]
        );
        return (
            PairedComparison.Clustered(differences),
            PairedComparison.Degrees(differences.Select(d => d.Cluster).Distinct().Count(), differences.Count)
        );
    }

    private static Difference? Axis(PointAnswers from, PointAnswers to, string[] benchmarks) =>
        benchmarks.Length == 0 ? null : Mean([.. benchmarks.Select(b => Between(from, to, b))]);

    /// <summary>At least as good on both axes and shown to be better on one, by the paired 95 % interval between the
    /// two points themselves.</summary>
    private static bool Dominates(
        PointAnswers better,
        MeasuredPoint b,
        PointAnswers worse,
        MeasuredPoint w,
        string[] first,
        string[] second
    )
    {
        if (!Better(b, w))
        {
            return false;
        }

        return Axis(worse, better, first)!.Value.Low > 0 || Axis(worse, better, second) is { Low: > 0 };
    }

    private static bool Better(MeasuredPoint a, MeasuredPoint b)
    {
        double task = a.Task.Points - b.Task.Points,
            general = (a.General?.Points ?? 0) - (b.General?.Points ?? 0);
        return task >= 0 && general >= 0 && task + general > 0;
    }

    private static double Score(MeasuredPoint point, string[] benchmarks) =>
        point.Scores.Where(s => benchmarks.Contains(s.Benchmark)).Average(s => s.Score.Score);
}
