using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Report.Plots;
using Fulcrum.Statistics;

namespace Fulcrum.Report.Html;

/// <summary>How far the queries get, by hardness and by database.</summary>
internal static class StepsTable
{
    /// <param name="steps">The measures' names and what they are called, in the order of the steps.</param>
    public static Markup Of(PairedResult b, IReadOnlyList<(string Measure, string Name)> steps, Words words)
    {
        MeasureBreakdown[] parts = [.. (b.MeasureParts ?? []).OrderByDescending(p => p.By, StringComparer.Ordinal)];
        return parts.Length == 0
            ? Markup.Empty
            : Markup.Of(
                $"""
            <details><summary>{words.Say(
                $"Steps of {b.Task} by hardness and by database",
                $"Passos de {b.Task} por dificuldade e por banco de dados"
            )}</summary>
            <div class="scroll">{Draw.Table(
                ["", "n", .. steps.Select(s => s.Name)],
                parts.Select(p =>
                    (string[])[p.Part, Items(p, words), .. steps.Select(s => Cell(p, s.Measure, words))]
                )
            )}</div></details>

            """
            );
    }

    private static string Items(MeasureBreakdown part, Words words) =>
        part.Measures.Count == 0 ? "" : words.Count(part.Measures[0].Items);

    private static string Cell(MeasureBreakdown part, string measure, Words words) =>
        part.Measures.FirstOrDefault(m => m.Name == measure) is { } m
            ? $"{words.Percent(m.Before)} → {words.Percent(m.After)}"
            : "";
}
