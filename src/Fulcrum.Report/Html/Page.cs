using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>The report as one HTML file that needs no network.</summary>
internal static class Page
{
    /// <summary>The whole file.</summary>
    public static string Print(RunReport report) => Of(report).ToString();

    private static Markup Of(RunReport report)
    {
        Words words = report.Words;
        (string Id, string Title, Markup Body)[] sections =
        [
            .. Sections(report).Where(s => s.Body.ToString().Length > 0),
        ];
        return Markup.Of(
            $"""
            <!doctype html>
            <html lang="{words.Language}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src {Resource.Hash(
                "report.css"
            )}; script-src {Resource.Hash("report.js")}; base-uri 'none'; form-action 'none'">
            <meta name="color-scheme" content="light dark">
            <title>{report.Study.Title}: {Found(report)}</title>
            <style>{Markup.Resource("report.css")}</style>
            </head>
            <body>
            {SummarySection.Of(report)}
            <nav aria-label="{words.Say("Sections", "Seções")}"><ul>{sections.Select(s =>
                Markup.Of($"<li><a href=\"#{s.Id}\">{s.Title}</a></li>")
            )}</ul></nav>
            <main id="main">
            {sections.Select(s =>
                Markup.Of(
                    $"<section id=\"{s.Id}\" aria-labelledby=\"{s.Id}-title\">\n<h2 "
                        + $"id=\"{s.Id}-title\">{s.Title}</h2>\n{s.Body}\n</section>\n"
                )
            )}
            </main>
            <footer><p class="soft">Fulcrum {report.Stages.Select(s =>
                s.Environment.GetValueOrDefault("fulcrum")
            ).FirstOrDefault(v => v is not null)}</p></footer>
            <script>{Markup.Resource("report.js")}</script>
            </body>
            </html>

            """
        );
    }

    /// <summary>Returns every section in its order; the body of a section without data is empty.</summary>
    private static (string Id, string Title, Markup Body)[] Sections(RunReport report)
    {
        Words words = report.Words;
        return
        [
            (
                "notebook",
                words.Say("The table as the notebook prints it", "A tabela como o caderno a imprime"),
                NotebookSection.Of(report)
            ),
            ("comparison", words.Say("Before and after", "Antes e depois"), ComparisonSection.Of(report)),
            ("profile", words.Say("Abilities", "Habilidades"), ProfileSection.Of(report)),
            (
                "pairs",
                words.Say("Candidates compared with each other", "Candidatos comparados entre si"),
                RankingSection.Pairs(report)
            ),
            ("search", words.Say("Search", "Busca"), SearchSection.Of(report)),
            (
                "serving-ladder",
                words.Say("Lost on the way to serving", "Perdido a caminho de servir"),
                LadderSection.Of(report)
            ),
            ("trade-off", words.Say("Trade-off", "Compromisso"), PointsSection.Of(report)),
            (
                "measures",
                words.Say("What was gained and what was lost", "O que se ganhou e o que se perdeu") + report.OfShown,
                MeasuresSection.Of(report)
            ),
            (
                "readings",
                words.Say("Knowledge or format", "Conhecimento ou formato") + report.OfShown,
                ReadingsSection.Of(report)
            ),
            ("neutral-text", words.Say("Neutral text", "Texto neutro"), NeutralTextSection.Of(report)),
            (
                "training",
                words.Say("Training", "Treino") + report.OfShown,
                report.Steps.Count == 0 ? Markup.Empty : TrainingFigure.Of(report.Steps, words)
            ),
            ("items", words.Say("Items", "Itens"), ItemsSection.Of(report)),
            ("guards", words.Say("Guards and power", "Verificações e poder"), GuardSection.Of(report)),
            ("methods", words.Say("Methods and provenance", "Métodos e procedência"), ProvenanceSection.Of(report)),
        ];
    }

    private static string Found(RunReport report) =>
        report.Comparison.Candidates.Count > 1
            ? Sentences.OfAll(report.Comparison, report.Words)
            : Sentences.Kind(report.Shown.Verdict, report.Words);
}
