using System.Text;
using Fulcrum.Statistics;

namespace Fulcrum.Reporting;

/// <summary>The report as Markdown.</summary>
internal static class ReportMarkdown
{
    public static string Of(Report report)
    {
        StringBuilder text = new($"# {report.Study.Name}\n\n");
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            text.Append("- ").Append(Sentences.Of(b, report.Language)).Append('\n');
        }

        text.Append("\n| benchmark | items | unscored | before | after | difference (95 %) | gained | lost | p |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (BenchmarkComparison b in report.Comparison.Benchmarks)
        {
            Row(text, $"**{b.Benchmark}**", b.Items, b.Unscored, b.Before, b.After, b.Difference, b.Mcnemar);
            foreach (GroupComparison g in b.Groups)
            {
                Row(text, $"{b.Benchmark}: {g.Group}", g.Items, g.Unscored, g.Before, g.After, g.Difference, g.Mcnemar);
            }
        }

        return text.ToString();
    }

    private static void Row(StringBuilder text, string name, int items, int unscored, ScoreInterval before, ScoreInterval after, Difference d, McNemarResult m) => text.Append(
        $"| {name.Replace("|", "\\|", StringComparison.Ordinal)} | {items} | {unscored} | {before.Score * 100:0.0} % | {after.Score * 100:0.0} % | {d.Points * 100:+0.0;-0.0;0.0} ({d.Low * 100:+0.0;-0.0;0.0} to {d.High * 100:+0.0;-0.0;0.0}) | {m.Gained} | {m.Lost} | {m.P:0.0000} |\n");
}
