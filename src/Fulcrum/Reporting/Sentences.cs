using Fulcrum.Statistics;

namespace Fulcrum.Reporting;

/// <summary>Sentences that follow from the numbers and from nothing else, in English or Brazilian Portuguese.</summary>
public static class Sentences
{
    /// <summary>What one benchmark's comparison says.</summary>
    public static string Of(BenchmarkComparison b, string language)
    {
        bool portuguese = language == "pt-BR";
        Difference d = b.Difference;
        string points = $"{Math.Abs(d.Points) * 100:0.0}", interval = portuguese ? $"{d.Low * 100:+0.0;-0.0;0.0} a {d.High * 100:+0.0;-0.0;0.0}" : $"{d.Low * 100:+0.0;-0.0;0.0} to {d.High * 100:+0.0;-0.0;0.0}";
        string what = (portuguese, d.Low > 0, d.High < 0) switch
        {
            (false, true, _) => $"a gain of {points} points",
            (false, _, true) => $"a loss of {points} points",
            (false, _, _) => "no difference that can be told from chance",
            (true, true, _) => $"um ganho de {points} pontos",
            (true, _, true) => $"uma perda de {points} pontos",
            (true, _, _) => "nenhuma diferença distinguível do acaso",
        };
        return portuguese
            ? $"{b.Benchmark}: {what} (intervalo de 95 %: {interval}; {b.Before.Score:P1} para {b.After.Score:P1}, {b.Items} itens; {b.Mcnemar.Gained} ganhos, {b.Mcnemar.Lost} perdidos, p = {b.Mcnemar.P:0.0000})."
            : $"{b.Benchmark}: {what} (95 % interval {interval}; {b.Before.Score:P1} to {b.After.Score:P1}, {b.Items} items; {b.Mcnemar.Gained} gained, {b.Mcnemar.Lost} lost, p = {b.Mcnemar.P:0.0000}).";
    }
}
