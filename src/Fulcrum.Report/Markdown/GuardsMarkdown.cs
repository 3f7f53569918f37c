using Fulcrum.Comparisons;
using Fulcrum.Report.Content;

namespace Fulcrum.Report.Markdown;

/// <summary>The guards of a run as a Markdown table, those that did not pass first.</summary>
internal static class GuardsMarkdown
{
    /// <summary>Returns the section; empty if no guard was evaluated and none is overridden.</summary>
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        IReadOnlyList<GuardResult> guards = report.Comparison.Guards ?? [];
        string overrides = GuardTable.Overrides(report) is { } named ? ReportMarkdown.Escape(named) + ".\n\n" : "";
        string table =
            guards.Count == 0
                ? ""
                : $"{GuardTable.Explanation(words)}\n\n"
                    + RankingMarkdown.Table(
                        GuardTable.Heads(words),
                        GuardTable.Ordered(guards).Select(g => GuardTable.Row(g, words))
                    );
        return overrides.Length + table.Length == 0
            ? ""
            : words.Say("\n## Guards\n\n", "\n## Verificações\n\n") + overrides + table;
    }
}
