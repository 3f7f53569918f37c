using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

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
            {(
                report.Comparison.Candidates.Count > 1
                    ? Markup.Of($"<p><b>{comparison.Name}</b>: {Advice.Of(comparison, words)}</p>")
                    : Markup.Empty
            )}
            {CandidateFacts.Of(report)}
            {Selected(report)}
            <p class="soft">{words.Say("Study", "Estudo")} <b>{report.Study.Title}</b> · {words.Say(
                "base",
                "base"
            )}: {Facts.Model(report)}{Recipe(report)} · {Seed(report)}</p>
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

    private static string Seed(RunReport report)
    {
        (string name, string value) = MethodFacts.Seed(report);
        return $"{name} {value}";
    }

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
