using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Markdown;

/// <summary>Serving forms and training seeds as Markdown tables.</summary>
internal static class PointsMarkdown
{
    /// <summary>Returns a table for each task; empty without serving forms and further seeds.</summary>
    public static string Of(RunReport report) =>
        string.Concat(Serving(report).Concat(Seeds(report)).Select(t => $"\n### {t}"));

    private static IEnumerable<string> Serving(RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<MeasuredPoint> forms = PointRows.Forms(report.Comparison);
        string[] heads = [words.Say("form", "forma"), words.Say("score", "nota"), "95%"];
        return forms.Count == 0
            ? []
            : report.Shown.Tasks.Select(b =>
                $"{Head(PointRows.ServingTitle(b.Task, words), PointRows.Serving(words))}"
                + RankingMarkdown.Table(
                    heads,
                    forms
                        .Select(p => (Point: p, p.Scores.First(s => s.Task == b.Task).Score))
                        .Select(p =>
                            (string[])
                                [
                                    TradeOffFigure.FormOf(p.Point, words),
                                    words.Percent(p.Score.Score),
                                    words.Interval(p.Score),
                                ]
                        )
                )
            );
    }

    private static IEnumerable<string> Seeds(RunReport report)
    {
        Words words = report.Words;
        string[] heads = ["", words.Say("difference, points (95%)", "diferença, pontos (95%)")];
        return (report.Comparison.Seeds ?? [])
            .SelectMany(r => r.Tasks)
            .Select(s =>
                $"{Head(PointRows.SeedsTitle(s.Task, words), PointRows.Seeds(s, words))}"
                + RankingMarkdown.Table(
                    heads,
                    PointRows
                        .OfSeeds(s, words)
                        .Select(r => (string[])[r.Name, $"{Signs.Of(r.Change)} {words.Change(r.Difference)}"])
                )
            );
    }

    private static string Head(string title, string explanation) =>
        $"{ReportMarkdown.Escape(title)}\n\n{ReportMarkdown.Escape(explanation)}\n\n";
}
