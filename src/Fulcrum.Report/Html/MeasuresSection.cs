using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;

namespace Fulcrum.Report.Html;

/// <summary>Additional measures of the answers: steps of SQL, kinds of outcome, calibration.</summary>
internal static class MeasuresSection
{
    public static Markup Of(RunReport report) =>
        Markup.Join(
            report.Shown.Tasks.SelectMany(b =>
                (IEnumerable<Markup>)
                    [
                        .. Steps(b, report.Words),
                        .. Outcomes(b.Task, report),
                        .. Calibrated(b, report.Words),
                        .. Others(b, report.Words),
                    ]
            )
        );

    private static IEnumerable<Markup> Steps(PairedResult b, Words words)
    {
        IReadOnlyList<(MeasureComparison Measure, string Name)> steps = FurtherMeasures.Steps(b, words);
        (string title, string explanation) = FurtherMeasures.OfSteps(b.Task, words);
        return steps.Count == 0
            ? []
            :
            [
                RowFigures.Shares(
                    title,
                    explanation,
                    [.. steps.Select(s => (s.Name, s.Measure.Before, s.Measure.After))],
                    words
                ),
                StepsTable.Of(b, [.. steps.Select(s => (s.Measure.Name, s.Name))], words),
            ];
    }

    private static IEnumerable<Markup> Outcomes(string task, RunReport report)
    {
        IReadOnlyList<(string Name, double Before, double After)> rows = FurtherMeasures.Outcomes(task, report);
        (string title, string explanation) = FurtherMeasures.OfOutcomes(task, report.Words);
        return rows.Count == 0 ? [] : [RowFigures.Shares(title, explanation, rows, report.Words)];
    }

    private static IEnumerable<Markup> Calibrated(PairedResult b, Words words) =>
        b.Calibration is { } c ? [ReliabilityFigure.Of(b.Task, c, words)] : [];

    private static IEnumerable<Markup> Others(PairedResult b, Words words)
    {
        IReadOnlyList<string[]> rows = FurtherMeasures.Rows(b, words);
        return rows.Count == 0
            ? []
            :
            [
                Markup.Of(
                    $"""
                    <h3>{FurtherMeasures.Title(b, words)}</h3>
                    <p class="soft">{FurtherMeasures.Explanation(words)}</p>
                    <div class="scroll">{Draw.Table(FurtherMeasures.Heads(words), rows)}</div>

                    """
                ),
            ];
    }
}
