using Fulcrum.Statistics;

namespace Fulcrum.Reporting;

/// <summary>Sentences that follow from the numbers and from nothing else.</summary>
public static class Sentences
{
    /// <summary>The first line of a report: the verdict, or the first benchmark's difference where there is none.</summary>
    public static string First(Comparison comparison, Words words) =>
        comparison.Verdict is { } verdict ? Of(verdict, words) : string.Join(" ", comparison.Benchmarks.Take(1).Select(b => Of(b, words)));

    /// <summary>The verdict in one word; empty where there is none.</summary>
    public static string Verdict(Comparison comparison, Words words) => comparison.Verdict is { } verdict ? Kind(verdict.Kind, words) : "";

    /// <summary>What was found on every benchmark, and what follows.</summary>
    public static string Of(Verdict verdict, Words words) => $"{string.Join("; ", verdict.Findings.Select(f => Of(f, verdict.Margin, words)))}: {Kind(verdict.Kind, words)}.";

    /// <summary>The verdict in one word.</summary>
    public static string Kind(string kind, Words words) => kind switch
    {
        "accept" => words.Say("accept", "aceitar"),
        "reject" => words.Say("reject", "rejeitar"),
        _ => words.Say("inconclusive", "inconclusivo"),
    };

    /// <summary>What one benchmark's comparison says.</summary>
    public static string Of(BenchmarkComparison b, Words words) =>
        $"{b.Benchmark}: {Change(b.Difference, words)}; "
        + words.Say($"{words.Percent(b.Before.Score)} before, {words.Percent(b.After.Score)} after, ", $"{words.Percent(b.Before.Score)} antes, {words.Percent(b.After.Score)} depois, ")
        + words.Say($"{words.Count(b.Items)} items, {b.Mcnemar.Gained} gained and {b.Mcnemar.Lost} lost", $"{words.Count(b.Items)} itens, {b.Mcnemar.Gained} ganhos e {b.Mcnemar.Lost} perdidos")
        + $" (p {(b.Mcnemar.P < 0.001 ? "" : "= ")}{words.P(b.Mcnemar.P)}).";

    /// <summary>A difference in words: a gain or a loss with its interval, or that neither is shown.</summary>
    public static string Change(Difference d, Words words) => (d.Low > 0, d.High < 0) switch
    {
        (true, _) => words.Say("gain of ", "ganho de ") + $"{Points(d.Points, words)} ({words.Size(d.Low)} {words.To} {words.Size(d.High)})",
        (_, true) => words.Say("loss of ", "perda de ") + $"{Points(d.Points, words)} ({words.Size(d.High)} {words.To} {words.Size(d.Low)})",
        _ => words.Say("no difference that can be told from chance", "nenhuma diferença distinguível do acaso") + $" ({words.Interval(d)})",
    };

    private static string Of(Finding f, double margin, Words words)
    {
        string limit = words.Number(margin), change = $"{f.Benchmark}: {Change(f.Difference, words)}";
        return (f.Role, f.Judgement) switch
        {
            ("task", "gained") => change,
            ("task", _) when f.Change == "loss" => change,
            ("task", _) => change + words.Say(", no gain shown", ", sem ganho demonstrado"),
            (_, "within-margin") => change + words.Say($", within the margin of {limit}", $", dentro da margem de {limit}"),
            (_, "beyond-margin") => change + words.Say($", beyond the margin of {limit}", $", além da margem de {limit}"),
            _ => change + words.Say($", not shown to lie within the margin of {limit}", $", sem demonstração de que fique dentro da margem de {limit}"),
        };
    }

    // Portuguese counts in the singular below two: 1,5 ponto.
    private static string Points(double fraction, Words words) =>
        words.Size(fraction) + words.Say(" points", Math.Abs(fraction) * 100 < 1.95 ? " ponto percentual" : " pontos percentuais");
}
