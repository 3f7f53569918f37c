using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Html;

/// <summary>The head of the report: the verdict, and what it rests on.</summary>
internal static class SummarySection
{
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        Comparison comparison = report.Comparison;
        return Markup.Of(
            $"""
            <header>
            <h1>{Sentences.First(comparison, words)}</h1>
            <a class="skip" href="#main">{words.Say("To the report", "Ir para o relatório")}</a>
            {(
                comparison.Verdict is { } v
                    ? Markup.Of(
                        $"<p><span class=\"badge {Colour(v.Kind)}\">{Sign(v.Kind)} {Sentences.Kind(v.Kind, words)}</span> {Explanation(v, words)}</p>"
                    )
                    : Markup.Empty
            )}
            <ul class="facts">{comparison.Benchmarks.Select(b =>
                Markup.Of(
                    $"<li><span class=\"{Draw.Direction(b.Difference)}\">{Draw.Sign(b.Difference)}</span> {Sentences.Of(b, words)}</li>"
                )
            )}</ul>
            <p class="soft">{words.Say("Study", "Estudo")} <b>{report.Study.Name}</b> · {words.Say(
                "model",
                "modelo"
            )} {Facts.Model(report)} · LoRA r = {report.Study.Train.Rank}, {report.Study.Train.Epochs} {(
                report.Study.Train.Epochs == 1 ? words.Say("epoch", "época") : words.Say("epochs", "épocas")
            )} · {words.Say("seed", "semente")} {report.Study.Seed}</p>
            {Overridden(report)}
            </header>
            """
        );
    }

    private static string Explanation(Verdict v, Words words) =>
        v.Kind switch
        {
            "accept" => words.Say(
                "The gain on the task is shown, and the loss elsewhere is shown to lie within the margin.",
                "O ganho na tarefa está demonstrado, e a perda no restante está demonstradamente dentro da margem."
            ),
            "reject" => string.Join(" ", v.Findings.Select(f => Objection(f, words)).OfType<string>()),
            _ => words.Say(
                "The intervals allow both answers: more items would be needed to decide.",
                "Os intervalos permitem as duas respostas: seriam necessários mais itens para decidir."
            ),
        };

    // Which half of the rule was broken, and by what.
    private static string? Objection(Finding f, Words words) =>
        f.Judgement switch
        {
            "not-gained" => words.Say(
                $"{f.Benchmark} is shown not to gain.",
                $"Está demonstrado que {f.Benchmark} não ganha."
            ),
            "beyond-margin" => words.Say(
                $"The loss on {f.Benchmark} is shown to exceed the margin.",
                $"Está demonstrado que a perda em {f.Benchmark} excede a margem."
            ),
            _ => null,
        };

    private static Markup Overridden(RunReport report) =>
        report.Comparison.Guards?.Where(g => g.Status is "overridden" or "failed").ToArray() is { Length: > 0 } guards
            ? Markup.Of(
                $"<p class=\"open\"><b>{report.Words.Say("Guards that did not hold:", "Verificações que não se sustentaram:")}</b> {string.Join(", ", guards.Select(g => g.Name).Distinct())} (<a href=\"#guards\">{report.Words.Say("what they saw", "o que viram")}</a>)</p>"
            )
            : Markup.Empty;

    private static string Colour(string kind) =>
        kind switch
        {
            "accept" => "gain",
            "reject" => "loss",
            _ => "open",
        };

    private static string Sign(string kind) =>
        kind switch
        {
            "accept" => "✓",
            "reject" => "✗",
            _ => "?",
        };
}
