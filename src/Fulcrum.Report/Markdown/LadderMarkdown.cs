using Fulcrum.Report.Content;

namespace Fulcrum.Report.Markdown;

/// <summary>The serving forms of a candidate as a Markdown table: each one against the one before.</summary>
internal static class LadderMarkdown
{
    /// <summary>Returns the tables; empty if no serving form is derived.</summary>
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        return report.Comparison.Ladders is not { Count: > 0 } ladders
            ? ""
            : words.Say("\n## Lost on the way to serving\n\n", "\n## Perdido a caminho de servir\n\n")
                + string.Join(
                    "\n",
                    ladders.Select(l =>
                        $"{ReportMarkdown.Escape(LadderSentences.Of(l, words))}\n\n"
                        + $"{LadderSentences.Explanation(words)}\n\n"
                        + RankingMarkdown.Table(LadderSentences.Titles(l, words), LadderSentences.Rows(l, words))
                    )
                );
    }
}
