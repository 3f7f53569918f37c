using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Markdown;

/// <summary>Additional measures, readings and neutral text as Markdown.</summary>
internal static class MeasuresMarkdown
{
    /// <summary>Returns the sections of the shown candidate; empty where nothing of this was measured.</summary>
    public static string Of(RunReport report)
    {
        Words words = report.Words;
        string measures = string.Concat(report.Shown.Tasks.SelectMany(b => Tables(b, report)));
        string readings = string.Concat(
            Readings
                .Of(report)
                .Select(r =>
                    $"{ReportMarkdown.Escape(Readings.Sentence(r, words))}\n\n"
                    + RankingMarkdown.Table(Readings.Heads(words), r.Select(one => Readings.Row(one, words)))
                )
        );
        string texts = string.Concat(NeutralTexts.Of(report).Select(t => ReportMarkdown.Escape(t) + "\n"));
        string shown = ReportMarkdown.Escape(report.OfShown);
        return Section(
                words.Say("What was gained and what was lost", "O que se ganhou e o que se perdeu") + shown,
                measures
            )
            + Section(words.Say("Knowledge or format", "Conhecimento ou formato") + shown, readings)
            + Section(words.Say("Neutral text", "Texto neutro"), texts);
    }

    private static string Section(string title, string body) =>
        body.Length == 0 ? "" : $"\n## {title}\n\n{body.TrimEnd('\n')}\n";

    private static IEnumerable<string> Tables(PairedResult b, RunReport report)
    {
        Words words = report.Words;
        (string, double, double)[] steps =
        [
            .. FurtherMeasures.Steps(b, words).Select(s => (s.Name, s.Measure.Before, s.Measure.After)),
        ];
        yield return Shares(FurtherMeasures.OfSteps(b.Task, words), steps, words);
        yield return Shares(FurtherMeasures.OfOutcomes(b.Task, words), FurtherMeasures.Outcomes(b.Task, report), words);
        yield return b.Calibration is { } c
            ? Table(
                ReliabilityFigure.Title(b.Task, words),
                ReliabilityFigure.Explanation(c, words),
                ReliabilityFigure.Heads(words),
                ReliabilityFigure.Rows(c, words)
            )
            : "";
        yield return Table(
            FurtherMeasures.Title(b, words),
            FurtherMeasures.Explanation(words),
            FurtherMeasures.Heads(words),
            FurtherMeasures.Rows(b, words)
        );
    }

    private static string Shares(
        (string Title, string Explanation) of,
        IReadOnlyList<(string Name, double Before, double After)> rows,
        Words words
    ) =>
        Table(
            of.Title,
            of.Explanation,
            ["", words.Say("before", "antes"), words.Say("after", "depois")],
            [.. rows.Select(r => (string[])[r.Name, words.Percent(r.Before), words.Percent(r.After)])]
        );

    private static string Table(string title, string explanation, string[] heads, IReadOnlyList<string[]> rows) =>
        rows.Count == 0
            ? ""
            : $"### {ReportMarkdown.Escape(title)}\n\n{ReportMarkdown.Escape(explanation)}\n\n"
                + RankingMarkdown.Table(heads, rows)
                + "\n";
}
