using System.Text;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report.Content;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Markdown;

/// <summary>The report as Markdown. It states the facts of the page, except items, values by cluster, values by
/// training step, steps of queries, the energy of each stage and the complete study.</summary>
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
        return text.Append(PointsMarkdown.Of(report))
            .Append(MeasuresMarkdown.Of(report))
            .Append(GuardsMarkdown.Of(report))
            .Append(NotebookMarkdown.Of(report))
            .Append(ProvenanceMarkdown.Of(report))
            .ToString();
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

        bool clusters = candidate.Tasks.Any(t => t.NamesClusters);
        text.Append($"\n{Escape(Explanations.Table(clusters, words))}\n")
            .Append(
                Explanations.Adjusted(candidate.Tasks, words, brackets: true) is { } groups
                    ? $"\n{Escape(groups)}\n"
                    : ""
            );
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
        text.Append($"\n{Escape(PowerTable.Explanation(words))}\n\n").Append(RankingMarkdown.Table(heads, rows));
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

        text.Append('\n')
            .Append(RankingMarkdown.Table(Abilities.Heads(words), profile.Select(row => Abilities.Cells(row, words))));
    }

    private static void Row(StringBuilder text, string name, PairedResult b, Words words) =>
        text.Append(
            $"| {name} | {Facts.ItemCount(b, words)} "
                + $"| {words.Count(b.UnscoredBefore)} / {words.Count(b.UnscoredAfter)} "
                + $"| {words.Percent(b.Before.Score)} ({words.Interval(b.Before)}) "
                + $"| {words.Percent(b.After.Score)} ({words.Interval(b.After)}) "
                + $"| {Signs.Of(b.Change)} {words.Change(b.Difference)} "
                + $"| {b.Gained} | {b.Lost} | {Escape(Signs.BothP(b, words))} |\n"
        );

    // With fewer than 3 points the tables above already say everything.
    private static void Points(StringBuilder text, RunReport report)
    {
        if (report.Comparison.TradeOff is not { Points.Count: > 2 } t)
        {
            return;
        }

        text.Append(report.Words.Say("\n## Trade-off\n\n", "\n## Compromisso\n\n"))
            .Append(RankingMarkdown.Table(TradeOffFigure.Titles(report.Words), TradeOffFigure.Rows(t, report.Words)))
            .Append($"\n{Escape(TradeOffFigure.Findings(t, report.Words))}\n");
    }

    /// <summary>Text that Markdown reads as text.</summary>
    internal static string Escape(string text) =>
        string.Concat(
            Printable
                .Line(text.ReplaceLineEndings(" "))
                .Select(c => @"\`*_[]<>|#".Contains(c) ? $"\\{c}" : c.ToString())
        );
}
