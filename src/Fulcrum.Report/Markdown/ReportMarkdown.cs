using System.Text;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Markdown;

/// <summary>The report as Markdown: the verdict, the comparison, the guards that did not hold, and how it came
/// about.</summary>
internal static class ReportMarkdown
{
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        StringBuilder text = new(
            $"**{Escape(Sentences.First(report.Comparison, words))}**\n\n# {Escape(report.Study.Name)}\n\n"
        );
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            text.Append("- ").Append(Escape(Sentences.Of(b, words))).Append('\n');
        }

        text.Append(
                words.Say(
                    "\n| benchmark | items | unscored | before | after | difference, points (95%) | gained | lost | p |\n",
                    "\n| benchmark | itens | sem nota | antes | depois | diferença, pontos (95%) | ganhos | perdidos | p |\n"
                )
            )
            .Append("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            Row(
                text,
                $"**{Escape(b.Benchmark)}**",
                b.Items,
                b.Unscored,
                b.Before,
                b.After,
                b.Difference,
                b.Mcnemar,
                b.Clusters,
                words
            );
            foreach (GroupComparison g in b.Groups)
            {
                Row(
                    text,
                    Escape($"{b.Benchmark}: {g.Group}"),
                    g.Items,
                    g.Unscored,
                    g.Before,
                    g.After,
                    g.Difference,
                    g.Mcnemar,
                    g.Clusters,
                    words
                );
            }
        }

        text.Append(Sentences.Note(report.Comparison, words) is { } note ? $"\n{Escape(note)}\n" : "");
        Points(text, report);
        Guards(text, report);
        text.Append(NotebookMarkdown.Of(report)).Append(ProvenanceMarkdown.Of(report));
        return text.ToString();
    }

    private static void Row(
        StringBuilder text,
        string name,
        int items,
        int unscored,
        ScoreInterval before,
        ScoreInterval after,
        Difference d,
        McNemarResult m,
        int clusters,
        Words words
    ) =>
        text.Append(
            $"| {name} | {words.Count(items)} | {words.Count(unscored)} | {words.Percent(before.Score)} | {words.Percent(after.Score)} | {Draw.Sign(d)} {words.Change(d)} | {m.Gained} | {m.Lost} | {Sentences.P(d, m, clusters, words).Replace("<", "&lt;", StringComparison.Ordinal)} |\n"
        );

    // Parts of the adapter, checkpoints, forms of serving and seeds; base and adapter alone stand above already.
    private static void Points(StringBuilder text, RunReport report)
    {
        if (report.Comparison.TradeOff is not { Points.Count: > 2 } t)
        {
            return;
        }

        text.Append(report.Words.Say("\n## Trade-off\n\n", "\n## Compromisso\n\n"))
            .Append($"| {string.Join(" | ", TradeOffFigure.Titles(report.Words))} |\n|---|--:|--:|---|---|\n");
        foreach (string[] row in TradeOffFigure.Rows(t, report.Words))
        {
            text.Append($"| {string.Join(" | ", row.Select(Escape))} |\n");
        }
    }

    private static void Guards(StringBuilder text, RunReport report)
    {
        GuardResult[] broken = [.. report.Comparison.Guards?.Where(g => g.Status is "failed" or "overridden") ?? []];
        if (broken.Length > 0)
        {
            text.Append(
                report.Words.Say("\nGuards that did not hold:\n\n", "\nVerificações que não se sustentaram:\n\n")
            );
        }

        foreach (GuardResult g in broken)
        {
            text.Append($"- {Escape(g.Name)} ({g.Status}): {Escape(g.Message)}\n");
        }
    }

    /// <summary>Text that Markdown reads as text.</summary>
    internal static string Escape(string text) =>
        string.Concat(text.ReplaceLineEndings(" ").Select(c => @"\`*_[]<>|#".Contains(c) ? $"\\{c}" : c.ToString()));
}
