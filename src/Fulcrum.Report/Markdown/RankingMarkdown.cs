using System.Text;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Markdown;

/// <summary>Several candidates as Markdown tables: ranked, and compared with each other.</summary>
internal static class RankingMarkdown
{
    /// <summary>Returns the ranking table; empty where there is one candidate.</summary>
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        return report.Comparison.Candidates.Count < 2
            ? ""
            : $"{Ranking.Explanation(words)}\n\n"
                + Table(
                    [words.Say("candidate", "candidato"), .. Tasks(report), words.Say("verdict", "veredito")],
                    report.Ranking.Order.Select(c =>
                        (string[])
                            [
                                c.Name,
                                .. c.Tasks.Select(t => Change(t.Difference, words)),
                                Sentences.Kind(c.Verdict, words),
                            ]
                    )
                )
                + "\n";
    }

    /// <summary>Returns every two candidates compared; empty where that was not computed.</summary>
    public static string Pairs(RunReport report)
    {
        Words words = report.Words;
        return report.Comparison.Pairs is not { Count: > 0 } pairs
            ? ""
            : words.Say("\n## Candidates compared with each other\n\n", "\n## Candidatos comparados entre si\n\n")
                + $"{Ranking.OfPairs(words)}\n\n"
                + Table(
                    [words.Say("second minus first", "segundo menos primeiro"), .. Tasks(report)],
                    pairs.Select(p =>
                        (string[])[$"{p.Second} − {p.First}", .. p.Tasks.Select(t => Change(t.Difference, words))]
                    )
                );
    }

    private static IEnumerable<string> Tasks(RunReport report) => report.Shown.Tasks.Select(t => t.Task);

    private static string Change(Difference d, Words words) => $"{Signs.Of(d)} {words.Change(d)}";

    /// <summary>Returns a Markdown table.</summary>
    internal static string Table(IReadOnlyList<string> heads, IEnumerable<string[]> rows)
    {
        StringBuilder text = new(
            $"| {string.Join(" | ", heads.Select(ReportMarkdown.Escape))} "
                + $"|\n|{string.Concat(heads.Select(_ => "---|"))}\n"
        );
        foreach (string[] row in rows)
        {
            text.Append($"| {string.Join(" | ", row.Select(ReportMarkdown.Escape))} |\n");
        }

        return text.ToString();
    }
}
