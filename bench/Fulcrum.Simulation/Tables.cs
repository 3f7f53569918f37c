using System.Globalization;

namespace Fulcrum.Simulation;

/// <summary>The results as Markdown tables, one per kind of simulation.</summary>
internal static class Tables
{
    /// <summary>Prints every table; shares of studies and half-widths in percent.</summary>
    public static void Print(IReadOnlyList<Result> results, TextWriter to)
    {
        foreach (IGrouping<string, Result> table in results.GroupBy(r => r.Table))
        {
            string[] columns = [.. table.SelectMany(r => r.Figures.Keys).Distinct().Order(StringComparer.Ordinal)];
            to.WriteLine(
                $"\n{table.Key}, %\n\n| cell | studies | {string.Join(" | ", columns)} |\n|---|{string.Concat(columns.Select(_ => "---|"))}---|"
            );
            foreach (Result r in table)
            {
                to.WriteLine($"| {r.Cell} | {r.Studies} | {string.Join(" | ", columns.Select(c => Figure(r, c)))} |");
            }
        }
    }

    private static string Figure(Result result, string column) =>
        result.Figures.TryGetValue(column, out double value)
            ? (value * 100).ToString("0.00", CultureInfo.InvariantCulture)
            : "";
}
