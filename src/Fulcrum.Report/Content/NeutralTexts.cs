using Fulcrum.Comparisons;

namespace Fulcrum.Report.Content;

/// <summary>Says how far the model's predictions on neutral text moved.</summary>
internal static class NeutralTexts
{
    /// <summary>Returns the sentences of every candidate that was measured on neutral text, with its name where there
    /// are several.</summary>
    public static IEnumerable<string> Of(RunReport report) =>
        report.Ranking.Order.SelectMany(c =>
            c.NeutralText is { } text
                ? new[] { (report.Comparison.Candidates.Count > 1 ? c.Name + ": " : "") + Of(text, report.Words) }
                : []
        );

    private static string Of(NeutralTextComparison text, Words words) =>
        words.Say(
            $"On {words.Count(text.Texts)} neutral texts ({words.Count(text.Tokens)} predicted tokens) "
                + $"the adapted model's predictions lie {Mean(text.KullbackLeibler, words)} nats a token "
                + "from the base's (mean Kullback-Leibler divergence, 95% interval over texts). "
                + $"It predicts these texts {Better(text, words)}: the log-likelihood of a token "
                + $"changed by {Mean(text.LogLikelihood, words)} nats, "
                + $"the perplexity from {words.Number(text.PerplexityBefore, "0.00")} "
                + $"to {words.Number(text.PerplexityAfter, "0.00")}.",
            $"Em {words.Count(text.Texts)} textos neutros ({words.Count(text.Tokens)} tokens previstos), "
                + $"as previsões do modelo adaptado distam {Mean(text.KullbackLeibler, words)} nats por "
                + "token das do modelo base (divergência média de Kullback-Leibler, "
                + $"intervalo de 95% sobre textos). Ele prevê esses textos {Better(text, words)}: "
                + $"a log-verossimilhança de um token mudou {Mean(text.LogLikelihood, words)} "
                + $"nats, a perplexidade de {words.Number(text.PerplexityBefore, "0.00")} "
                + $"para {words.Number(text.PerplexityAfter, "0.00")}."
        );

    private static string Mean(TokenMean mean, Words words) =>
        $"{words.Number(mean.Mean, "0.0000")} "
        + $"({words.Number(mean.Low, "0.0000")} {words.To} {words.Number(mean.High, "0.0000")})";

    private static string Better(NeutralTextComparison text, Words words) =>
        text.LogLikelihood.High < 0 ? words.Say("worse than before", "pior do que antes")
        : text.LogLikelihood.Low > 0 ? words.Say("better than before", "melhor do que antes")
        : words.Say("neither shown better nor shown worse", "nem demonstradamente melhor nem pior");
}
