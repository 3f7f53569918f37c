using Fulcrum.Report.Content;

namespace Fulcrum.Report.Markdown;

/// <summary>Everything that a search tried, as a Markdown table.</summary>
internal static class SearchMarkdown
{
    /// <summary>Returns what the search cost and a table; empty without a search.</summary>
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        return report.Comparison.Selection is not { Search: not null }
            ? ""
            : $"{ReportMarkdown.Escape(SearchSentences.Cost(report.Comparison, report.SearchSeconds, words))}\n\n"
                + RankingMarkdown.Table(
                    TriedPoint.Titles(words),
                    TriedPoint.Of(report.Comparison, report.Study.Targets).Select(p => p.Row(words))
                )
                + "\n";
    }
}
