using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Html;

/// <summary>The comparison as a table and as pictures.</summary>
internal static class ComparisonSection
{
    /// <summary>Returns the first candidate's tables and figures, then those of every other candidate,
    /// folded.</summary>
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        IEnumerable<CandidateComparison> others = report.Ranking.Order.Where(c =>
            c.Name != report.Shown.Name && report.Detailed.Contains(c)
        );
        return report.Comparison.Candidates.Count < 2
            ? One(report)
            : Markup.Of(
                $"<h3 id=\"candidate-{report.Shown.Name}\">{Title(report.Shown, words)}</h3>"
                    + $"{One(report)}"
                    + $"{others.Select(c => Folded(report, c))}"
                    + $"{Others(report)}"
            );
    }

    private static Markup Others(RunReport report)
    {
        int others = report.Comparison.Candidates.Count - report.Detailed.Count;
        return others == 0
            ? Markup.Empty
            : Markup.Of(
                $"""
                <p>{report.Words.Say(
                    $"Tables and items of the {report.Detailed.Count} best candidates are shown. "
                        + $"Those of the other {others} are in results.csv and report.md.",
                    $"São mostradas as tabelas e os itens dos {report.Detailed.Count} melhores candidatos. "
                        + $"Os dos outros {others} estão em results.csv e report.md."
                )}</p>

                """
            );
    }

    private static Markup Folded(RunReport report, CandidateComparison c)
    {
        RunReport shown = report.Showing(c);
        Markup advice = Markup.Of($"<p>{Advice.Of(c, report.Words)}</p>");
        Markup[] body =
        [
            advice,
            CandidateFacts.Of(shown),
            WarningList.Of(report.WarningsOf(c.Name), report.Words),
            One(shown),
        ];
        return Markup.Of(
            $"<details class=\"candidate\" id=\"candidate-{c.Name}\"><summary>{Title(c, report.Words)}</summary>"
                + $"{Markup.Later(Markup.Join(body))}</details>\n"
        );
    }

    private static string Title(CandidateComparison c, Words words) => $"{c.Name}: {Sentences.Kind(c.Verdict, words)}";

    private static Markup One(RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<RowFigures.Row> rows = RowFigures.Rows(report.Shown);
        double? margin = report.Shown.Verdict.GainOnly ? null : report.Shown.Verdict.Margin;
        return Markup.Of(
            $"""
            {Table(report, words)}
            {RowFigures.Differences(
                words.Say("Gain and loss in percentage points", "Ganho e perda em pontos percentuais"),
                Explanation(margin, NamesClusters(report), words),
                [.. rows.Select(r => (r.Name, r.Difference, r.Change, r.Part))],
                words,
                margin / 100
            )}
            {report.Shown.Tasks.Select(b => Clusters(b, report))}
            """
        );
    }

    private static string Explanation(double? margin, bool clusters, Words words) =>
        words.Say(
            "After minus before, paired item by item, with 95% intervals"
                + (clusters ? " that account for clusters" : ""),
            "Depois menos antes, pareado item a item, com intervalos de 95%"
                + (clusters ? " que consideram os agrupamentos" : "")
        )
        + $". {Signs.Legend(words, clusters: false)}"
        + (
            margin is { } m
                ? words.Say(
                    $" The dashed line is the margin for general tasks: −{words.Number(m)} points.",
                    $" A linha tracejada é a margem para as tarefas gerais: −{words.Number(m)} pontos."
                )
                : ""
        );

    private static Markup Table(RunReport report, Words words) =>
        Markup.Of(
            $"""
            <div class="scroll"><table>
            <caption>{Explanations.Table(NamesClusters(report), words)} {words.Say(
                "The counts gained and lost link to the items.",
                "Os números de ganhos e perdidos levam aos itens."
            )}</caption>
            <thead><tr><th scope="col">{words.Say("task", "tarefa")}</th>{Heads(words).Select(h =>
                Markup.Of($"<th scope=\"col\">{h}</th>")
            )}</tr></thead>
            <tbody>
            {report.Shown.Tasks.Select(b =>
                Markup.Of($"{Row(b, report)}{b.Groups.Select(g => Row(g, report))}")
            )}
            </tbody></table></div>
            {(Explanations.Adjusted(report.Shown.Tasks, words, brackets: true) is { } groups
                ? Markup.Of($"<p>{groups}</p>")
                : Markup.Empty)}
            {Meanings(report)}
            {report
                .Shown.Tasks.SelectMany(b =>
                    (string?[])
                        [
                            Sentences.Unscored(b, words),
                            .. Sentences.Replies(b, words),
                            Sentences.Lucky(b, words),
                            Sentences.Unsigned(b, words, Kinds.ClusterNoun(report, b.Task)),
                        ]
                )
                .OfType<string>()
                .Concat(Explanations.AdapterDoubts(report.Comparison.Guards ?? [], words))
                .Select(t => Markup.Of($"<p class=\"open\">{t}</p>"))}
            """
        );

    private static bool NamesClusters(RunReport report) => report.Shown.Tasks.Any(t => t.NamesClusters);

    private static Markup Meanings(RunReport report) =>
        Markup.Of(
            $"""
            <details><summary>{report.Words.Say("What each number means", "O que cada número significa")}</summary>
            <ul>{Explanations.Columns(report.Words, NamesClusters(report), hover: true).Select(c =>
                Markup.Of($"<li>{c}</li>")
            )}</ul></details>
            """
        );

    private static string[] Heads(Words words) =>
        [
            words.Say("items", "itens"),
            words.Say("before", "antes"),
            words.Say("after", "depois"),
            words.Say("difference", "diferença"),
            words.Say("gained", "ganhos"),
            words.Say("lost", "perdidos"),
            "p",
        ];

    private static Markup Row(PairedResult b, RunReport report)
    {
        Words words = report.Words;
        string query = $"task={b.Task}" + (b.Group is { } group ? $"&group={Uri.EscapeDataString(group)}" : "");
        string unscored =
            b.Unscored == 0
                ? ""
                : words.Say(
                    $" (+{b.Unscored} unscored: {b.UnscoredBefore} before, {b.UnscoredAfter} after)",
                    $" (+{b.Unscored} sem nota: {b.UnscoredBefore} antes, {b.UnscoredAfter} depois)"
                );
        return Markup.Of(
            $"""
            <tr class="{(
                b.Group is null ? "" : "part"
            )}"><th scope="row">{b.Name}</th><td>{Facts.ItemCount(b, words)}{unscored}</td><td title="{words.Interval(
                b.Before
            )}">{words.Percent(b.Before.Score)}</td><td title="{words.Interval(b.After)}">{words.Percent(
                b.After.Score
            )}</td><td class="wide {Draw.Direction(b.Change)}">{Signs.Of(b.Change)} {words.Change(
                b.Difference
            )}</td><td>{Link(query, "gained", b.Gained, report)}</td><td>{Link(
                query,
                "lost",
                b.Lost,
                report
            )}</td><td class="wide">{Signs.BothP(b, words)}</td></tr>

            """
        );
    }

    private static Markup Link(string query, string outcome, int count, RunReport report) =>
        count == 0
            ? Markup.Of($"0")
            : Markup.Of(
                $"<a href=\"#items?{query}&outcome={outcome}&candidate={report.Shown.Name}\">"
                    + $"{report.Words.Count(count)}</a>"
            );

    private static Markup Clusters(PairedResult b, RunReport report)
    {
        Words words = report.Words;
        IGrouping<string, (Answer Before, Answer After)>[] clusters =
        [
            .. report
                .Answers[b.Task]
                .Where(p => p.Before.Score is not null && p.After.Score is not null)
                .GroupBy(p => p.Before.Cluster)
                .OrderBy(g => g.Key, StringComparer.Ordinal),
        ];
        return clusters.Length < 2
            ? Markup.Empty
            : Markup.Of(
                $"""
                <details><summary>{b.Task} {words.Say(
                    $"by {Kinds.Cluster(report, b.Task)}",
                    $"por {Kinds.Cluster(report, b.Task)}"
                )} ({clusters.Length})</summary>
                <div class="scroll"><table class="sortable"><thead><tr><th scope="col">{Kinds.Cluster(
                    report,
                    b.Task
                )}</th>{Heads(words)[..6].Select(h => Markup.Of($"<th scope=\"col\">{h}</th>"))}</tr></thead><tbody>
                {clusters.Select(c => Cluster(b.Task, c, report))}</tbody></table></div></details>

                """
            );
    }

    private static Markup Cluster(string task, IGrouping<string, (Answer Before, Answer After)> items, RunReport report)
    {
        Words words = report.Words;
        double before = items.Average(p => p.Before.Score!.Value),
            after = items.Average(p => p.After.Score!.Value);
        int gained = items.Count(p => p.After.Score > p.Before.Score),
            lost = items.Count(p => p.After.Score < p.Before.Score);
        string query = $"task={task}&cluster={Uri.EscapeDataString(items.Key)}";
        return Markup.Of(
            $"""
            <tr><th scope="row" class="break">{items.Key}</th><td data-value="{items.Count()}">{words.Count(
                items.Count()
            )}</td><td data-value="{before}">{words.Percent(before)}</td><td data-value="{after}">{words.Percent(
                after
            )}</td><td data-value="{after - before}">{words.Points(after - before)}</td><td data-value="{gained}">{Link(
                query,
                "gained",
                gained,
                report
            )}</td><td data-value="{lost}">{Link(query, "lost", lost, report)}</td></tr>

            """
        );
    }
}
