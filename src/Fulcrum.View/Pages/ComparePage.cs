using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Runs;

namespace Fulcrum.View.Pages;

/// <summary>Several runs on the same two axes, as <c>fulcrum compare --curve</c> compares them.</summary>
internal static class ComparePage
{
    /// <summary>Returns the page.</summary>
    public static Markup Of(IReadOnlyList<string> folders)
    {
        if (folders.Count < 2)
        {
            return PageParts.Problem("", "Pick at least two complete runs in the list.");
        }

        try
        {
            return Of(RunsComparison.Of(folders));
        }
        catch (Exception e) when (e is FulcrumException or IOException or UnauthorizedAccessException)
        {
            return PageParts.Problem("", e.Message);
        }
    }

    private static Markup Of(RunsComparison compared)
    {
        Words words = PageParts.Words;
        return PageParts.Page(
            "Fulcrum: comparison",
            "",
            Markup.Of(
                $"""
                <nav><a href="./">All runs</a></nav>
                <h1>{string.Join(", ", compared.Runs.Select(r => r.Run))}</h1>
                <div class="scroll" id="runs">{Draw.Table(
                    ["run", "study", "found", "hypervolume"],
                    compared.Runs.Select(r =>
                        (string[])
                            [r.Run, r.Study, Sentences.Of(r.Verdict, words), words.Number(r.Hypervolume, "0.0000")]
                    )
                )}</div>
                {TradeOffFigure.Of(compared.TradeOff, words)}
                <div class="scroll" id="points">{Draw.Table(
                    TradeOffFigure.Titles(words),
                    TradeOffFigure.Rows(compared.TradeOff, words)
                )}</div>
                """
            )
        );
    }
}
