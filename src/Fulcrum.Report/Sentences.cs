using Fulcrum.Statistics;

namespace Fulcrum.Report;

/// <summary>Sentences that follow from the numbers and from nothing else.</summary>
public static class Sentences
{
    /// <summary>Stands behind a p that disagrees with its interval.</summary>
    internal const string Mark = "†";

    /// <summary>The first line of a report: the verdict, or the first benchmark's difference where there is
    /// none.</summary>
    public static string First(Comparison comparison, Words words) =>
        comparison.Verdict is { } verdict
            ? Of(verdict, words)
            : string.Join(" ", comparison.Benchmarks.Take(1).Select(b => Of(b, words)));

    /// <summary>The verdict in one word; empty where there is none.</summary>
    public static string Verdict(Comparison comparison, Words words) =>
        comparison.Verdict is { } verdict ? Kind(verdict.Kind, words) : "";

    /// <summary>What was found on every benchmark, and what follows.</summary>
    public static string Of(Verdict verdict, Words words) =>
        $"{string.Join("; ", verdict.Findings.Select(f => Of(f, verdict.Margin, words)))}: {Kind(verdict.Kind, words)}.";

    /// <summary>The verdict in one word.</summary>
    public static string Kind(string kind, Words words) =>
        kind switch
        {
            "accept" => words.Say("accept", "aceitar"),
            "reject" => words.Say("reject", "rejeitar"),
            _ => words.Say("inconclusive", "inconclusivo"),
        };

    /// <summary>What one benchmark's comparison says.</summary>
    public static string Of(BenchmarkComparison b, Words words) =>
        $"{b.Benchmark}: {Change(b.Difference, words)}; "
        + words.Say(
            $"{words.Percent(b.Before.Score)} before, {words.Percent(b.After.Score)} after, ",
            $"{words.Percent(b.Before.Score)} antes, {words.Percent(b.After.Score)} depois, "
        )
        + words.Say(
            $"{words.Count(b.Items)} items, {b.Mcnemar.Gained} gained and {b.Mcnemar.Lost} lost",
            $"{words.Count(b.Items)} itens, {b.Mcnemar.Gained} ganhos e {b.Mcnemar.Lost} perdidos"
        )
        + $" (p {(b.Mcnemar.P < 0.001 ? "" : "= ")}{words.P(b.Mcnemar.P)})."
        + (Disagree(b.Difference, b.Mcnemar, b.Clusters) ? $" {Disagreement(words)}" : "");

    /// <summary>Whether the interval allows for no difference while p seems to show one: two answers that a reader
    /// would take for a contradiction.</summary>
    public static bool Disagree(Difference d, McNemarResult test, int clusters) =>
        clusters > 1 && test.P < 0.05 && d.Low <= 0 && d.High >= 0;

    /// <summary>Why that may be, and which to go by.</summary>
    public static string Disagreement(Words words) =>
        words.Say(
            "The interval contains 0 although p is below 0.05: p counts every item as independent, the interval takes into account that the items of a cluster (a database, a subject) resemble each other; go by the interval.",
            "O intervalo contém 0 embora p esteja abaixo de 0,05: p conta cada item como independente, o intervalo leva em conta que os itens de um agrupamento (um banco de dados, uma matéria) se parecem; siga o intervalo."
        );

    /// <summary>p in a table; where it disagrees with the interval, marked as <see cref="Note"/> is.</summary>
    public static string P(Difference d, McNemarResult test, int clusters, Words words) =>
        words.P(test.P) + (Disagree(d, test, clusters) ? Mark : "");

    /// <summary>The note under a table of which some row is marked; null: none is.</summary>
    public static string? Note(Comparison comparison, Words words) =>
        comparison.Benchmarks.Any(b =>
            Disagree(b.Difference, b.Mcnemar, b.Clusters)
            || b.Groups.Any(g => Disagree(g.Difference, g.Mcnemar, g.Clusters))
        )
            ? $"{Mark} {Disagreement(words)}"
            : null;

    /// <summary>A difference in words: a gain or a loss with its interval, or that neither is shown.</summary>
    public static string Change(Difference d, Words words) =>
        (d.Low > 0, d.High < 0) switch
        {
            (true, _) => words.Say("gain of ", "ganho de ")
                + $"{Points(d.Points, words)} ({words.Size(d.Low)} {words.To} {words.Size(d.High)})",
            (_, true) => words.Say("loss of ", "perda de ")
                + $"{Points(d.Points, words)} ({words.Size(d.High)} {words.To} {words.Size(d.Low)})",
            _ => words.Say("no difference that can be told from chance", "nenhuma diferença distinguível do acaso")
                + $" ({words.Interval(d)})",
        };

    private static string Of(Finding f, double margin, Words words)
    {
        string limit = words.Number(margin),
            change = $"{f.Benchmark}: {Change(f.Difference, words)}";
        return (f.Role, f.Judgement) switch
        {
            ("task", "gained") => change,
            ("task", _) when f.Change == "loss" => change,
            ("task", _) => change + words.Say(", no gain shown", ", sem ganho demonstrado"),
            (_, "within-margin") => change
                + words.Say($", within the margin of {limit}", $", dentro da margem de {limit}"),
            (_, "beyond-margin") => change
                + words.Say($", beyond the margin of {limit}", $", além da margem de {limit}"),
            _ => change
                + words.Say(
                    $", not shown to lie within the margin of {limit}",
                    $", sem demonstração de que fique dentro da margem de {limit}"
                ),
        };
    }

    // Portuguese counts in the singular below two: 1,5 ponto.
    private static string Points(double fraction, Words words) =>
        words.Size(fraction)
        + words.Say(" points", Math.Abs(fraction) * 100 < 1.95 ? " ponto percentual" : " pontos percentuais");
}
