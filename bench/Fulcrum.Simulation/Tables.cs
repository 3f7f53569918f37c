using System.Globalization;

namespace Fulcrum.Simulation;

/// <summary>One table of docs/method.md.</summary>
/// <param name="Kind">The results that it shows.</param>
/// <param name="Rows">What a row is.</param>
/// <param name="Columns">Heading, figure of the result, digits after the point, whether with a sign.</param>
internal sealed record Table(
    string Kind,
    string Title,
    string Rows,
    IReadOnlyList<(string Heading, string Figure, int Digits, bool Signed)> Columns
);

/// <summary>The results as the Markdown tables of docs/method.md.</summary>
internal static class Tables
{
    private static readonly Table[] All =
    [
        new(
            "coverage",
            "Coverage of 95% intervals in %, with their half-width in points",
            "cell",
            [
                ("items", "items", 1, false),
                ("half-width", "items half-width", 2, false),
                ("clusters", "clusters", 1, false),
                ("half-width", "clusters half-width", 2, false),
            ]
        ),
        new(
            "rare changes",
            "Losses said to lie within a margin of 2 points, in %, by the interval for other clusters and by the "
                + "verdict, for intraclass correlations of the changes from 0 to 0.5",
            "cell",
            [
                .. RareChanges.Correlations.SelectMany(r =>
                    (IEnumerable<(string, string, int, bool)>)
                        [
                            (Of(r) + ": interval", $"interval {Of(r)}", 1, false),
                            ("verdict", $"verdict {Of(r)}", 1, false),
                        ]
                ),
            ]
        ),
        new(
            "early decision",
            "Early decision about a loss of 2 points: shares of studies that are decided, mean share of items asked, in %",
            "cell; estimand",
            [
                ("above", "above", 1, false),
                ("below", "below", 1, false),
                ("share of items", "share", 1, false),
                ("all items: above", "fixed above", 1, false),
                ("all items: below", "fixed below", 1, false),
            ]
        ),
        new(
            "general tasks",
            "Verdicts over several general tasks at the margin (Spider sizes, 10% flips), in %",
            "general tasks",
            [("accepted", "accept", 1, false), ("rejected", "reject", 1, false)]
        ),
        new(
            "candidates at the margin",
            "Several candidates that all lose the margin (Spider sizes, 10% flips, SD 3): any is passed, in %",
            "candidates",
            [
                ("by bounds for all together", "simultaneous", 1, false),
                ("each by its own bounds", "each alone", 1, false),
                ("share of items", "share", 1, false),
            ]
        ),
        new(
            "selection",
            "Selection among equally good candidates that all lose the margin",
            "candidates",
            [
                ("bias, points: same items", "same items bias", 2, true),
                ("other half", "other half bias", 2, true),
                ("coverage, %: same items", "same items coverage", 1, false),
                ("other half", "other half coverage", 1, false),
                ("passes, %: same items", "same items passes", 1, false),
                ("other half", "other half passes", 1, false),
            ]
        ),
        new(
            "search",
            "Search by successive halving over 16 trainings in four rounds (Spider sizes)",
            "trainings",
            [
                ("bias, points: these clusters", "bias, these clusters", 2, true),
                ("other clusters", "bias, other clusters", 2, true),
                ("score on the selection items", "bias of the selection score", 2, true),
                ("coverage, %", "coverage", 1, false),
                ("accepted, %", "accepted", 1, false),
                ("of these with a loss of the margin or more, % of all", "accepted wrongly", 1, false),
            ]
        ),
        new(
            "whole runs",
            "Whole runs with scripted models whose general tasks lose the margin (Spider sizes, 10% flips, SD 3), in %",
            "runs",
            [
                ("any candidate accepted by its own bounds", "accept", 1, false),
                ("by bounds for all together", "together", 1, false),
                ("any rejected", "reject", 1, false),
                ("share of items", "share", 1, false),
                ("intervals as compared without a run", "same", 1, false),
            ]
        ),
    ];

    private static string Of(double correlation) => correlation.ToString(CultureInfo.InvariantCulture);

    /// <summary>Prints every table that has results.</summary>
    public static void Print(IReadOnlyList<Result> results, TextWriter to)
    {
        foreach (Table table in All)
        {
            Result[] rows = [.. results.Where(r => r.Table == table.Kind)];
            if (rows.Length > 0)
            {
                to.WriteLine($"\n*{table.Title}*\n");
                to.WriteLine(
                    $"| {table.Rows} | studies | {string.Join(" | ", table.Columns.Select(c => c.Heading))} |"
                );
                to.WriteLine($"|---|{string.Concat(Enumerable.Repeat("---:|", table.Columns.Count + 1))}");
                Array.ForEach(rows, r => to.WriteLine(Row(table, r)));
            }
        }
    }

    private static string Row(Table table, Result result)
    {
        string studies = result.Studies.ToString("#,0", CultureInfo.InvariantCulture);
        return $"| {result.Cell} | {studies} | {string.Join(" | ", table.Columns.Select(Figure))} |";

        string Figure((string Heading, string Figure, int Digits, bool Signed) column) =>
            result.Figures.TryGetValue(column.Figure, out double value)
                ? (column.Signed && value >= 0 ? "+" : "")
                    + (value * 100).ToString($"F{column.Digits}", CultureInfo.InvariantCulture)
                : "";
    }
}
