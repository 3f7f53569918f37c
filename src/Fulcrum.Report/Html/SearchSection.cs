using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>Everything that a search tried: gain against loss, and as a table.</summary>
internal static class SearchSection
{
    /// <summary>Returns the section; nothing without a search.</summary>
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        if (report.Comparison.Selection is not { Search: not null })
        {
            return Markup.Empty;
        }

        IReadOnlyList<TriedPoint> points = TriedPoint.Of(report.Comparison, report.Study.Targets);
        return Markup.Of(
            $"""
            <p>{SearchSentences.Cost(report.Comparison, report.SearchSeconds, words)}</p>
            {(
                points.Any(p => p.Elsewhere is not null)
                    ? FrontFigure.Of(points, report.Study.Margin, words)
                    : Markup.Empty
            )}
            <div class="scroll">{Draw.Table(TriedPoint.Titles(words), points.Select(p => p.Row(words)))}</div>

            """
        );
    }
}
