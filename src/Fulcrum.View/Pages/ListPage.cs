using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

namespace Fulcrum.View.Pages;

/// <summary>The list of runs. The user can select two or more of them for a comparison.</summary>
internal static class ListPage
{
    /// <summary>Returns the page.</summary>
    /// <param name="live">Whether only the part is returned that is updated while the page is open.</param>
    public static Markup Of(IEnumerable<(int Number, RunSnapshot Run, string Folder)> runs, bool live)
    {
        (int Number, RunSnapshot Run, string Folder)[] all = [.. runs];
        Markup rows = Markup.Join(all.Select(r => Row(r.Number, r.Run, r.Folder)));
        Markup table =
            all.Length == 0
                ? Markup.Of($"<p>There is no run folder here. <code>fulcrum run</code> makes one.</p>")
                : Markup.Of(
                    $"""
                    <div class="scroll"><table class="text"><thead><tr><th scope="col">compare</th>
                    <th scope="col">run</th>
                    <th scope="col">study</th><th scope="col">state</th><th scope="col">result</th></tr></thead>
                    <tbody>{rows}</tbody></table></div>
                    """
                );
        return live
            ? table
            : PageParts.Page(
                "Fulcrum: runs",
                "",
                Markup.Of(
                    $"""
                    <h1>Runs</h1>
                    <form action="compare" method="get">
                    <div id="live" data-from="live">{table}</div>
                    <p><button type="submit">Compare the selected runs</button></p>
                    </form>
                    """
                )
            );
    }

    private static Markup Row(int number, RunSnapshot run, string folder)
    {
        Markup pick =
            run.Phase == RunPhase.Complete
                ? Markup.Of(
                    $"<input type=\"checkbox\" name=\"run\" value=\"{number}\" aria-label=\"compare {folder}\">"
                )
                : Markup.Empty;
        return Markup.Of(
            $"<tr><td>{pick}</td><th scope=\"row\"><a href=\"run/{number}/\">{folder}</a></th>"
                + $"<td>{run.Title}</td><td>{State(run)}</td><td>{run.Problem ?? Found(run.Found)}</td></tr>"
        );
    }

    private static Markup State(RunSnapshot run) =>
        run.Work.Count == 0 ? Markup.Of($"{PageParts.Phase(run.Phase)}") : Markup.Join(run.Work.Select(PageParts.Work));

    private static string Found(Comparison? found) =>
        found is { Candidates.Count: > 0 } ? Sentences.OfAll(found, PageParts.Words) : "";
}
