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
            {(report.Comparison.Candidates.Count > 1 ? Markup.Empty : Badge(comparison, words))}
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
            )} {Facts.Model(report)}{Recipe(report)} · {Seed(report)} {report.Study.Seed}</p>
            {Overridden(report)}
            {WarningList.Of([.. report.SharedWarnings, .. report.WarningsOf(comparison.Name)], words)}
            </header>
            """
        );
    }

    private static Markup Selected(RunReport report) =>
        report.Comparison.Selection is null
            ? Markup.Empty
            : Markup.Of($"<p>{Explanations.Selection(report.Comparison, report.Words)}</p>");

    private static Markup Badge(CandidateComparison candidate, Words words) =>
        Markup.Of(
            $"<p><span class=\"badge {Colour(candidate.Verdict.Kind)}\">{Sign(candidate.Verdict.Kind)} "
                + $"{Sentences.Kind(candidate.Verdict, words)}</span> {Advice.Of(candidate, words)}</p>"
        );

    // An adapter from elsewhere was trained with a seed that is not known. The study's seed draws the items alone.
    private static string Seed(RunReport report) =>
        report.Study.Candidates.Values.Any(c => c.IsMade)
            ? report.Words.Say("seed", "semente")
            : report.Words.Say("items drawn by seed", "itens sorteados pela semente");

    private static string Recipe(RunReport report) =>
        report.Train is { } plan
            ? $" · LoRA r = {plan.Rank}, {plan.Epochs} "
                + $"{(plan.Epochs == 1 ? report.Words.Say("epoch", "época") : report.Words.Say("epochs", "épocas"))}"
            : "";

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
