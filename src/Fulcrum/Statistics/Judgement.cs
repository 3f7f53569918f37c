namespace Fulcrum.Statistics;

/// <summary>The verdict that follows from the differences and the margin, and from nothing else.</summary>
public static class Judgement
{
    /// <summary>
    /// Accepts where a gain on every task and a small enough loss on every other benchmark are both shown, by the
    /// nearer bounds of the 95 % intervals. All of
    /// several hypotheses have to hold, so each is tested at its full level (intersection-union test; Berger 1982,
    /// Technometrics 24:295).
    /// </summary>
    /// <param name="tasks">Benchmarks that the model is specialised for; the others are general.</param>
    /// <param name="margin">In points.</param>
    public static Verdict Of(IReadOnlyList<BenchmarkComparison> benchmarks, IReadOnlyList<string> tasks, double margin)
    {
        Finding[] findings =
        [
            .. benchmarks
                .Select(b => tasks.Contains(b.Benchmark) ? Task(b) : General(b, margin / 100))
                .OrderBy(f => f.Role == "task" ? 0 : 1),
        ];
        string kind =
            findings.All(f => f.Judgement is "gained" or "within-margin") ? "accept"
            : findings.Any(f => f.Judgement is "not-gained" or "beyond-margin") ? "reject"
            : "inconclusive";
        return new Verdict(kind, margin, findings);
    }

    private static Finding Task(BenchmarkComparison b) =>
        new(
            b.Benchmark,
            "task",
            Change(b.Difference),
            b.Difference.Low > 0 ? "gained"
                : b.Difference.High <= 0 ? "not-gained"
                : "open",
            b.Difference
        );

    private static Finding General(BenchmarkComparison b, double margin) =>
        new(
            b.Benchmark,
            "general",
            Change(b.Difference),
            b.Difference.Low > -margin ? "within-margin"
                : b.Difference.High < -margin ? "beyond-margin"
                : "open",
            b.Difference
        );

    private static string Change(Difference difference) =>
        difference.Low > 0 ? "gain"
        : difference.High < 0 ? "loss"
        : "none";
}
