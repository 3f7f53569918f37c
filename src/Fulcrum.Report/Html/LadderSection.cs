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
                    <p>{words.Say(
                        "Each rung minus the rung before, paired item by item, in percentage points with 95% "
                            + "intervals. Then the items gained and lost.",
                        "Cada degrau menos o anterior, pareados item a item, em pontos percentuais com "
                            + "intervalos de 95%. Depois os itens ganhos e perdidos."
                    )}</p>
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
