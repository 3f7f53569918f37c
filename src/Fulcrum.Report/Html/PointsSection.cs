using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>Points beyond before and after: the trade-off curve, forms of serving, training seeds.</summary>
internal static class PointsSection
{
    public static Markup Of(RunReport report) =>
        Markup.Join([.. TradeOff(report), .. Serving(report), .. Seeds(report)]);

    private static IEnumerable<Markup> TradeOff(RunReport report) =>
        report.Comparison.TradeOff is { } t && t.Points.Count(p => p.General is not null) > 1
            ? [TradeOffFigure.Of(t, report.Words)]
            : [];

    private static IEnumerable<Markup> Serving(RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<MeasuredPoint> forms = PointRows.Forms(report.Comparison);
        return forms.Count == 0
            ? []
            : report.Shown.Tasks.Select(b =>
                RowFigures.Scores(
                    PointRows.ServingTitle(b.Task, words),
                    PointRows.Serving(words),
                    [
                        .. forms.Select(p =>
                            (
                                TradeOffFigure.FormOf(p, words),
                                p.Scores.First(s => s.Task == b.Task).Score,
                                p.Kind == PointKind.Base ? "before" : "after"
                            )
                        ),
                    ],
                    words
                )
            );
    }

    private static IEnumerable<Markup> Seeds(RunReport report)
    {
        Words words = report.Words;
        return (report.Comparison.Seeds ?? [])
            .SelectMany(r => r.Tasks)
            .Select(s =>
                RowFigures.Differences(
                    PointRows.SeedsTitle(s.Task, words),
                    PointRows.Seeds(s, words),
                    PointRows.OfSeeds(s, words),
                    words
                )
            );
    }
}
