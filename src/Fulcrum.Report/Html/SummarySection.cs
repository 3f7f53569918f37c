using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Html;

/// <summary>The head of the report: the verdict, and what it rests on.</summary>
internal static class SummarySection
{
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        CandidateComparison comparison = report.Shown;
        return Markup.Of(
            $"""
            <header>
            {(report.Comparison.Candidates.Count > 1 ? Markup.Empty : Badge(comparison.Verdict, words))}
            <h1>{Sentences.OfAll(report.Comparison, words)}</h1>
            <a class="skip" href="#main">{words.Say("To the report", "Ir para o relatório")}</a>
            {RankingSection.Of(report)}
            {(report.Comparison.Candidates.Count > 1 ? Markup.Of($"<p><b>{comparison.Name}</b></p>") : Markup.Empty)}
            <ul class="facts">{comparison.Tasks.Select(b =>
                Markup.Of(
                    $"<li><span class=\"{Draw.Direction(b.Change)}\">{Signs.Of(b.Change)}</span>"
                        + $" {Sentences.Of(b, words)}"
                        + $" {Sentences.Generalisation(b, words, Kinds.ClusterNoun(report, b.Task))}"
                        + $" {Explanations.Early(b, words)}</li>"
                )
            )}{Explanations.Recipe(comparison, report.Comparison, report.Study, words).Select(r =>
                Markup.Of($"<li>{r}</li>")
            )}</ul>
            {Selected(report)}
            <p class="soft">{words.Say("Study", "Estudo")} <b>{report.Study.Title}</b> · {words.Say(
                "model",
                "modelo"
            )} {Facts.Model(report)}{Recipe(report)} · {words.Say("seed", "semente")} {report.Study.Seed}</p>
            {Overridden(report)}
            </header>
            """
        );
    }

    private static Markup Selected(RunReport report) =>
        report.Comparison.Selection is null
            ? Markup.Empty
            : Markup.Of($"<p>{Explanations.Selection(report.Comparison, report.Words)}</p>");

    private static Markup Badge(Verdict verdict, Words words) =>
        Markup.Of(
            $"<p><span class=\"badge {Colour(verdict.Kind)}\">"
                + $"{Sign(verdict.Kind)} {Sentences.Kind(verdict, words)}</span> {Explanation(verdict, words)}</p>"
        );

    private static string Recipe(RunReport report) =>
        report.Train is { } plan
            ? $" · LoRA r = {plan.Rank}, {plan.Epochs} "
                + $"{(plan.Epochs == 1 ? report.Words.Say("epoch", "época") : report.Words.Say("epochs", "épocas"))}"
            : "";

    private static string Explanation(Verdict v, Words words) =>
        v.Kind switch
        {
            VerdictKind.Accept when v.GainOnly => words.Say(
                "The gain on the target is shown. The cost on other tasks was not measured.",
                "O ganho no alvo está demonstrado. O custo em outras tarefas não foi medido."
            ),
            VerdictKind.Accept => words.Say(
                "The gain on the target is shown. Any loss on the general tasks is shown to lie within the margin.",
                "O ganho no alvo está demonstrado. Está demonstrado que qualquer perda nas tarefas gerais "
                    + "fica dentro da margem."
            ),
            VerdictKind.Inconclusive when v.Findings.Any(f => f.Judgement == TaskJudgement.NoEvidence) => words.Say(
                $"No evidence on {NamesOf(v)}: the base's score cannot be told from chance, so nothing could "
                    + $"be lost there.",
                $"Sem evidência em {NamesOf(v)}: a pontuação da base não se distingue do acaso, então nada "
                    + $"se poderia perder ali."
            ),
            VerdictKind.Reject => string.Join(" ", v.Findings.Select(f => Objection(f, words)).OfType<string>()),
            _ => words.Say(
                "The intervals allow both answers. A decision needs more items.",
                "Os intervalos permitem as duas respostas. Uma decisão exige mais itens."
            ),
        };

    private static string NamesOf(Verdict v) =>
        string.Join(", ", v.Findings.Where(f => f.Judgement == TaskJudgement.NoEvidence).Select(f => f.Task));

    // The part of the rule that was broken, and the task that broke it.
    private static string? Objection(Finding f, Words words) =>
        f.Judgement switch
        {
            TaskJudgement.NotGained => words.Say(
                $"{f.Task} is shown not to gain.",
                $"Está demonstrado que {f.Task} não ganha."
            ),
            TaskJudgement.BeyondMargin => words.Say(
                $"The loss on {f.Task} is shown to exceed the margin.",
                $"Está demonstrado que a perda em {f.Task} excede a margem."
            ),
            _ => null,
        };

    private static Markup Overridden(RunReport report) =>
        report.Comparison.Guards?.Where(g => g.Status is GuardStatus.Overridden or GuardStatus.Failed).ToArray()
            is { Length: > 0 } guards
            ? Markup.Of(
                $"<p class=\"open\"><b>{report.Words.Say("Guards that failed:", "Verificações que falharam:")}"
                    + $"</b> {string.Join(", ", guards.Select(g => g.Name).Distinct())} (<a "
                    + $"href=\"#guards\">{report.Words.Say("their findings", "o que viram")}</a>)</p>"
            )
            : Markup.Empty;

    /// <summary>The class of a verdict.</summary>
    internal static string Colour(VerdictKind kind) =>
        kind switch
        {
            VerdictKind.Accept => "gain",
            VerdictKind.Reject => "loss",
            _ => "open",
        };

    /// <summary>The sign that says the same without colour.</summary>
    internal static string Sign(VerdictKind kind) =>
        kind switch
        {
            VerdictKind.Accept => "✓",
            VerdictKind.Reject => "✗",
            _ => "?",
        };
}
