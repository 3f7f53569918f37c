using System.Text;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Report.Content;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Markdown;

/// <summary>The report as Markdown: the verdict, the comparison, the guards that failed, and the provenance.</summary>
internal static class ReportMarkdown
{
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        StringBuilder text = new(
            $"**{Escape(Sentences.OfAll(report.Comparison, words))}**\n\n# {Escape(report.Study.Title)}\n\n"
        );
        text.Append(
            report.Comparison.Selection is null ? "" : Escape(Explanations.Selection(report.Comparison, words)) + "\n\n"
        );
        Warnings(text, report.SharedWarnings, report.Words);
        text.Append(SearchMarkdown.Of(report));
        text.Append(RankingMarkdown.Of(report));
        foreach (CandidateComparison candidate in report.Ranking.Order)
        {
            text.Append(
                report.Comparison.Candidates.Count > 1
                    ? $"\n## {Escape(candidate.Name)}: {Sentences.Kind(candidate.Verdict, words)}\n\n"
                    : ""
            );
            Candidate(text, candidate, report);
            Profile(text, candidate, report);
        }

        text.Append(RankingMarkdown.Pairs(report));
        text.Append(LadderMarkdown.Of(report));
        Points(text, report);
        Guards(text, report);
        text.Append(NotebookMarkdown.Of(report)).Append(ProvenanceMarkdown.Of(report));
        return text.ToString();
    }

    private static void Candidate(StringBuilder text, CandidateComparison candidate, RunReport report)
    {
        Words words = report.Words;
        text.Append(Escape(Advice.Of(candidate, words))).Append("\n\n");
        Warnings(text, report.WarningsOf(candidate.Name), words);
        foreach (PairedResult b in candidate.Tasks)
        {
            string further = string.Join(
                " ",
                (
                    (string[])
                        [
                            Sentences.Generalisation(b, words, Kinds.ClusterNoun(report, b.Task)),
                            Explanations.Early(b, words),
                            Sentences.Unscored(b, words) ?? "",
                            .. Sentences.Replies(b, words),
                            Sentences.Lucky(b, words) ?? "",
                            Sentences.Unsigned(b, words, Kinds.ClusterNoun(report, b.Task)) ?? "",
                        ]
                ).Where(t => t.Length > 0)
            );
            text.Append("- ").Append(Escape($"{Sentences.Of(b, words)} {further}".TrimEnd())).Append('\n');
        }

        foreach (string line in Explanations.Recipe(candidate, report.Comparison, report.Study, words))
        {
            text.Append("- ").Append(Escape(line)).Append('\n');
        }

        text.Append(
                words.Say(
                    "\n| task | items | unscored before / after | before | after | difference, "
                        + "points (95%) | gained | lost | p |\n",
                    "\n| tarefa | itens | sem nota antes / depois | antes | depois | diferença, "
                        + "pontos (95%) | ganhos | perdidos | p |\n"
                )
            )
            .Append("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (PairedResult b in candidate.Tasks)
        {
            Row(text, $"**{Escape(b.Task)}**", b, words);
            foreach (PairedResult g in b.Groups)
            {
                Row(text, Escape($"{b.Task}: {g.Name}"), g, words);
            }
        }

        text.Append(Explanations.Adjusted(candidate.Tasks, words) is { } groups ? $"\n{Escape(groups)}\n" : "");
        Power(text, candidate, words);
    }

    private static void Warnings(StringBuilder text, IReadOnlyList<string> warnings, Words words)
    {
        if (warnings.Count > 0)
        {
            text.Append($"{Explanations.Warnings(words)}\n\n")
                .AppendJoin("", warnings.Select(w => $"- {Escape(w.TrimEnd('.'))}.\n"))
                .Append('\n');
        }
    }

    private static void Power(StringBuilder text, CandidateComparison candidate, Words words)
    {
        if (candidate.Power is not { Count: > 0 } power)
        {
            return;
        }

        (string[] heads, string[][] rows) = PowerTable.Of(power, candidate.Tasks, words);
        text.Append($"\n{Escape(PowerTable.Explanation(words))}\n\n")
            .Append($"| {string.Join(" | ", heads)} |\n|{string.Concat(heads.Select(_ => "---|"))}\n");
        foreach (string[] row in rows)
        {
            text.Append($"| {string.Join(" | ", row.Select(Escape))} |\n");
        }
    }

    private static void Profile(StringBuilder text, CandidateComparison candidate, RunReport report)
    {
        Words words = report.Words;
        foreach (PairedResult texts in report.Texts(candidate.Name))
        {
            text.Append($"\n{Escape(Sentences.Texts(texts, words))}\n");
        }

        if (candidate.Profile is not { } profile)
        {
            return;
        }

        text.Append(
            words.Say(
                "\n| ability | before | after | difference, points (95%) | within the margin |\n",
                "\n| habilidade | antes | depois | diferença, pontos (95%) | dentro da margem |\n"
            )
        );
        text.Append("|---|--:|--:|--:|---|\n");
        foreach (AbilityRow row in profile)
        {
            string within = row.WithinMargin ? words.Say("yes", "sim") : words.Say("not shown", "não demonstrado");
            text.Append(
                $"| {Escape(Abilities.Row(row, words))} | {words.Percent(row.Before)} | {words.Percent(row.After)} "
                    + $"| {words.Change(row.Difference)} | {within} |\n"
            );
        }
    }

    private static void Row(StringBuilder text, string name, PairedResult b, Words words) =>
        text.Append(
            $"| {name} | {Facts.ItemCount(b, words)} "
                + $"| {words.Count(b.UnscoredBefore)} / {words.Count(b.UnscoredAfter)} "
                + $"| {words.Percent(b.Before.Score)} | {words.Percent(b.After.Score)} "
                + $"| {Signs.Of(b.Change)} {words.Change(b.Difference)} "
                + $"| {b.Gained} | {b.Lost} | {Signs.P(b, words).Replace("<", "&lt;", StringComparison.Ordinal)} |\n"
        );

    // With fewer than 3 points the tables above already say everything.
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
        GuardResult[] broken =
        [
            .. report.Comparison.Guards?.Where(g => g.Status is GuardStatus.Failed or GuardStatus.Overridden) ?? [],
        ];
        if (broken.Length > 0)
        {
            text.Append(report.Words.Say("\nGuards that failed:\n\n", "\nVerificações que falharam:\n\n"));
        }

        foreach (GuardResult g in broken)
        {
            text.Append($"- {Escape(g.Name)}, {Escape(g.Stage)} ({g.Status}): {Escape(g.Message)}\n");
        }

        GuardResult[] without = [.. report.Comparison.Guards?.Where(g => g.Status == GuardStatus.NotChecked) ?? []];
        if (without.Length > 0)
        {
            text.Append(report.Words.Say("\nNot checked:\n\n", "\nNão verificado:\n\n"));
        }

        foreach (GuardResult g in without)
        {
            text.Append($"- {Escape(g.Name)}, {Escape(g.Stage)}: {Escape(g.Message)}\n");
        }
    }

    /// <summary>Text that Markdown reads as text.</summary>
    internal static string Escape(string text) =>
        string.Concat(
            Printable
                .Line(text.ReplaceLineEndings(" "))
                .Select(c => @"\`*_[]<>|#".Contains(c) ? $"\\{c}" : c.ToString())
        );
}
