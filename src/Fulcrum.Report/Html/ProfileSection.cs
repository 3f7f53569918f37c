using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>The general tasks by ability, and the tasks of whole texts.</summary>
internal static class ProfileSection
{
    /// <summary>Returns a row for each ability with its interval against the margin, for every candidate.</summary>
    public static Markup Of(RunReport report)
    {
        CandidateComparison[] shown =
        [
            .. report.Ranking.Order.Where(c => c.Profile is not null || report.Texts(c.Name).Any()),
        ];
        return Markup.Of($"{shown.Select(c => One(c, report, report.Comparison.Candidates.Count > 1))}");
    }

    private static Markup One(CandidateComparison candidate, RunReport report, bool named)
    {
        Words words = report.Words;
        Markup title = named ? Markup.Of($"<h3>{candidate.Name}</h3>") : Markup.Empty;
        Markup texts = Markup.Of(
            $"{report.Texts(candidate.Name).Select(t => Markup.Of($"<p>{Sentences.Texts(t, words)}</p>\n"))}"
        );
        return Markup.Of($"{title}{Figure(candidate, words)}{texts}");
    }

    private static Markup Figure(CandidateComparison candidate, Words words) =>
        candidate.Profile is not { } profile
            ? Markup.Empty
            : RowFigures.Differences(
                words.Say("Ability profile", "Perfil de habilidades"),
                words.Say(
                    "After minus before in percentage points with 95% intervals: "
                        + "one row for each ability of the general tasks. Several tasks of one ability count the same. "
                        + "The dashed line is the margin.",
                    "Depois menos antes em pontos percentuais com intervalos de 95%: "
                        + "uma linha para cada habilidade das tarefas gerais. Várias tarefas de uma habilidade contam "
                        + "igualmente. A linha tracejada é a margem."
                ),
                [.. profile.Select(r => (Abilities.Row(r, words), r.Difference, Changes.Of(r.Difference), false))],
                words,
                candidate.Verdict.Margin / 100,
                Draw.Table(Abilities.Heads(words), profile.Select(r => Abilities.Cells(r, words)))
            );
}
