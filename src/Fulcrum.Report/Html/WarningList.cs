using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

namespace Fulcrum.Report.Html;

/// <summary>The warnings of a run, where a reader of the result sees them.</summary>
internal static class WarningList
{
    private const int MostShown = 8;

    /// <summary>Returns the list; nothing where there is no warning. Of many warnings most are folded.</summary>
    public static Markup Of(IReadOnlyList<string> warnings, Words words)
    {
        if (warnings.Count == 0)
        {
            return Markup.Empty;
        }

        int rest = warnings.Count - MostShown;
        return Markup.Of(
            $"""
            <div class="warnings"><p class="open"><b>{Explanations.Warnings(words)}</b></p>
            {List(warnings.Take(MostShown))}{(
                rest > 0
                    ? Markup.Of(
                        $"<details><summary>{words.Say($"{rest} more", $"mais {rest}")}</summary>"
                            + $"{List(warnings.Skip(MostShown))}</details>"
                    )
                    : Markup.Empty
            )}</div>
            """
        );
    }

    private static Markup List(IEnumerable<string> warnings) =>
        Markup.Of($"<ul lang=\"en\">{warnings.Select(w => Markup.Of($"<li>{w.TrimEnd('.')}.</li>"))}</ul>");
}
