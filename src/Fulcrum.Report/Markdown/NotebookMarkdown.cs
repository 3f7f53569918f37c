using System.Text;
using Fulcrum.Report.Content;

namespace Fulcrum.Report.Markdown;

/// <summary>The notebook's table in Markdown, with the validity checks.</summary>
internal static class NotebookMarkdown
{
    public static string Of(RunReport report)
    {
        if (report.Study.RelativeTable is not { } caption)
        {
            return "";
        }

        Words words = report.Words;
        IReadOnlyList<string> faults = ValidityChecks.Faults(report);
        StringBuilder text = new(
            $"\n## {ReportMarkdown.Escape(caption)}\n\n**{ValidityChecks.Judgement(faults, words)}**\n\n"
        );
        foreach (string fault in faults)
        {
            text.Append("- ").Append(ReportMarkdown.Escape(fault)).Append('\n');
        }

        text.Append(
                words.Say(
                    "\n| metric | baseline | fine-tuned | change |\n",
                    "\n| métrica | base | ajustado | variação |\n"
                )
            )
            .Append("|---|--:|--:|--:|\n");
        foreach (RelativeRow row in RelativeTable.Of(report))
        {
            text.Append(
                $"| {ReportMarkdown.Escape(row.Metric)} | {words.Number(row.Before * 100, "0.00")} % "
                    + $"| {words.Number(row.After * 100, "0.00")} % | {row.Printed} |\n"
            );
        }

        foreach (string task in report.Answers.Keys)
        {
            text.Append(
                RelativeTable.Successes(task, report) is { } successes
                    ? words.Say("\nTest cases of ", "\nCasos de teste de ")
                        + $"{ReportMarkdown.Escape(task)}: {successes}\n"
                    : ""
            );
        }

        return text.ToString();
    }
}
