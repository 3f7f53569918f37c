using Fulcrum.Report.Plots;
using Fulcrum.Statistics;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Html;

/// <summary>The comparison as a table and as pictures.</summary>
internal static class ComparisonSection
{
    public static Markup Of(RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<RowFigures.Row> rows = RowFigures.Rows(report.Comparison);
        return Markup.Of(
            $"""
            {Table(report.Comparison, words)}
            {RowFigures.Scores(rows, words)}
            {RowFigures.Differences(
                words.Say("Gain and loss", "Ganho e perda"),
                words.Say(
                    "After minus before, paired item by item, with 95% intervals that respect clusters: ▲ gain, ▼ loss, ○ not told from chance.",
                    "Depois menos antes, pareado item a item, com intervalos de 95% que respeitam os agrupamentos: ▲ ganho, ▼ perda, ○ indistinguível do acaso."
                ),
                [.. rows.Select(r => (r.Name, r.Difference, r.Part))],
                words
            )}
            {RowFigures.Flips(rows, words)}
            {report.Comparison.Benchmarks.Select(b => Clusters(b, report))}
            """
        );
    }

    private static Markup Table(Comparison comparison, Words words) =>
        Markup.Of(
            $"""
            <div class="scroll"><table>
            <caption>{words.Say(
                "▲ gain, ▼ loss, ○ no difference that can be told from chance. Differences in points with 95% intervals; p by McNemar's exact test, in brackets after Holm's correction. Numbers of items lead to the items.",
                "▲ ganho, ▼ perda, ○ diferença indistinguível do acaso. Diferenças em pontos com intervalos de 95%; p pelo teste exato de McNemar, entre colchetes após a correção de Holm. Os números de itens levam aos itens."
            )}</caption>
            <thead><tr><th scope="col">benchmark</th>{Heads(words).Select(h =>
                Markup.Of($"<th scope=\"col\">{h}</th>")
            )}</tr></thead>
            <tbody>
            {comparison.Benchmarks.Select(b =>
                Markup.Of($"{Row(b, words)}{b.Groups.Select(g => Row(b.Benchmark, g, words))}")
            )}
            </tbody></table></div>
            {(Sentences.Note(comparison, words) is { } note ? Markup.Of($"<p class=\"soft\">{note}</p>") : Markup.Empty)}
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

    private static Markup Row(BenchmarkComparison b, Words words) =>
        Row(
            "",
            b.Benchmark,
            $"benchmark={b.Benchmark}",
            b.Items,
            b.Unscored,
            b.Before,
            b.After,
            b.Difference,
            b.Mcnemar,
            b.Clusters,
            b.AdjustedP,
            words
        );

    private static Markup Row(string benchmark, GroupComparison g, Words words) =>
        Row(
            "part",
            g.Group,
            $"benchmark={benchmark}&group={Uri.EscapeDataString(g.Group)}",
            g.Items,
            g.Unscored,
            g.Before,
            g.After,
            g.Difference,
            g.Mcnemar,
            g.Clusters,
            g.AdjustedP,
            words
        );

    private static Markup Row(
        string kind,
        string name,
        string query,
        int items,
        int unscored,
        ScoreInterval before,
        ScoreInterval after,
        Difference d,
        McNemarResult m,
        int clusters,
        double? adjusted,
        Words words
    ) =>
        Markup.Of(
            $"""
            <tr class="{kind}"><th scope="row">{name}</th><td>{words.Count(items)}{(
                unscored > 0 ? words.Say($" (+{unscored} unscored)", $" (+{unscored} sem nota)") : ""
            )}</td><td title="{words.Interval(before)}">{words.Percent(before.Score)}</td><td title="{words.Interval(
                after
            )}">{words.Percent(after.Score)}</td><td class="wide {Draw.Direction(d)}">{Draw.Sign(d)} {words.Change(
                d
            )}</td><td>{Link(query, "gained", m.Gained, words)}</td><td>{Link(
                query,
                "lost",
                m.Lost,
                words
            )}</td><td class="wide">{Sentences.P(d, m, clusters, words)}{(
                adjusted is { } p ? $" [{words.P(p)}]" : ""
            )}</td></tr>

            """
        );

    private static Markup Link(string query, string outcome, int count, Words words) =>
        count == 0
            ? Markup.Of($"0")
            : Markup.Of($"<a href=\"#items?{query}&outcome={outcome}\">{words.Count(count)}</a>");

    private static Markup Clusters(BenchmarkComparison b, RunReport report)
    {
        Words words = report.Words;
        IGrouping<string, (Answer Before, Answer After)>[] clusters =
        [
            .. report
                .Answers[b.Benchmark]
                .Where(p => p.Before.Score is not null && p.After.Score is not null)
                .GroupBy(p => p.Before.Cluster)
                .OrderBy(g => g.Key, StringComparer.Ordinal),
        ];
        return clusters.Length < 2
            ? Markup.Empty
            : Markup.Of(
                $"""
                <details><summary>{b.Benchmark} {words.Say(
                    $"by {Kinds.Cluster(report, b.Benchmark)}",
                    $"por {Kinds.Cluster(report, b.Benchmark)}"
                )} ({clusters.Length})</summary>
                <div class="scroll"><table class="sortable"><thead><tr><th scope="col">{Kinds.Cluster(
                    report,
                    b.Benchmark
                )}</th>{Heads(words)[..6].Select(h => Markup.Of($"<th scope=\"col\">{h}</th>"))}</tr></thead><tbody>
                {clusters.Select(c => Cluster(b.Benchmark, c, words))}</tbody></table></div></details>

                """
            );
    }

    private static Markup Cluster(string benchmark, IGrouping<string, (Answer Before, Answer After)> items, Words words)
    {
        double before = items.Average(p => (double)p.Before.Score!.Value),
            after = items.Average(p => (double)p.After.Score!.Value);
        int gained = items.Count(p => p.After.Score > p.Before.Score),
            lost = items.Count(p => p.After.Score < p.Before.Score);
        string query = $"benchmark={benchmark}&cluster={Uri.EscapeDataString(items.Key)}";
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
                words
            )}</td><td data-value="{lost}">{Link(query, "lost", lost, words)}</td></tr>

            """
        );
    }
}
