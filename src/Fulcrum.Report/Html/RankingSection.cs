using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>Several candidates in one table: every task's difference, and the verdict.</summary>
internal static class RankingSection
{
    /// <summary>Returns the ranking table; nothing where there is one candidate. The rows of candidates without tables
    /// of their own are folded.</summary>
    public static Markup Of(RunReport report)
    {
        if (report.Comparison.Candidates.Count < 2)
        {
            return Markup.Empty;
        }

        Words words = report.Words;
        CandidateComparison[] order = [.. report.Ranking.Order],
            rest = [.. order.Except(report.Detailed)];
        string caption = Ranking.Explanation(words);
        string others = words.Say($"The other {rest.Length} candidates", $"Os outros {rest.Length} candidatos");
        return Markup.Of(
            $"""
            {Table(report, [.. order.Except(rest)], caption, "ranking")}
            {(
                rest.Length == 0
                    ? Markup.Empty
                    : Markup.Of(
                        $"<details><summary>{others}</summary>"
                            + $"{Markup.Later(Table(report, rest, others, "ranking-rest"))}</details>"
                    )
            )}
            """
        );
    }

    private static Markup Table(RunReport report, CandidateComparison[] order, string caption, string id)
    {
        Words words = report.Words;
        return Markup.Of(
            $"""
            <div class="scroll"><table id="{id}"><caption>{caption}</caption><thead><tr><th scope="col">{words.Say(
                "candidate",
                "candidato"
            )}</th>{report.Shown.Tasks.Select(t =>
                Markup.Of($"<th scope=\"col\">{t.Task}</th>")
            )}<th scope="col">{words.Say("verdict", "veredito")}</th></tr></thead><tbody>
            {order.Select(c => Row(c, id == "ranking", words))}</tbody></table></div>
            """
        );
    }

    /// <summary>Returns every two candidates compared with each other; nothing where that was not computed.</summary>
    public static Markup Pairs(RunReport report)
    {
        Words words = report.Words;
        return report.Comparison.Pairs is not { Count: > 0 } pairs
            ? Markup.Empty
            : Markup.Of(
                $"""
                <p>{Ranking.OfPairs(words)}</p>
                <div class="scroll">{Draw.Table(
                    [
                        words.Say("first", "primeiro"),
                        words.Say("second", "segundo"),
                        .. pairs[0].Tasks.Select(t => t.Task),
                    ],
                    pairs.Select(p =>
                        (string[])
                            [
                                p.First,
                                p.Second,
                                .. p.Tasks.Select(t => $"{Signs.Of(t.Difference)} {words.Change(t.Difference)}"),
                            ]
                    )
                )}</div>

                """
            );
    }

    private static Markup Row(CandidateComparison c, bool linked, Words words) =>
        Markup.Of(
            $"""
            <tr><th scope="row">{(
                linked ? Markup.Of($"<a href=\"#candidate-{c.Name}\">{c.Name}</a>") : Markup.Of($"{c.Name}")
            )}</th>{c.Tasks.Select(t =>
                Markup.Of(
                    $"<td class=\"wide {Draw.Direction(t.Change)}\">"
                        + $"{Signs.Of(t.Change)} {words.Change(t.Difference)}</td>"
                )
            )}<td class="status {SummarySection.Colour(c.Verdict.Kind)}">{SummarySection.Sign(
                c.Verdict.Kind
            )} {Sentences.Kind(c.Verdict, words)}</td></tr>

            """
        );
}
