using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>The serving forms of a candidate as a ladder: each one against the one before.</summary>
internal static class LadderSection
{
    /// <summary>Returns a table and a sentence for every ladder; nothing if no serving form is derived.</summary>
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        return Markup.Join([
            .. (report.Comparison.Ladders ?? []).Select(ladder =>
                Markup.Of(
                    $"""
                    <p class="ladder">{LadderSentences.Of(ladder, words)}</p>
                    <p>{LadderSentences.Explanation(words)}</p>
                    <div class="scroll">{Draw.Table(
                        LadderSentences.Titles(ladder, words),
                        LadderSentences.Rows(ladder, words)
                    )}</div>

                    """
                )
            ),
        ]);
    }
}
