using Fulcrum.Statistics;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>A comparison as a table for people: green where the adapter helped, red where it hurt, grey where it cannot be told.</summary>
internal static class ComparisonTable
{
    public static void Print(Comparison comparison)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in (string[])["benchmark", "items", "before", "after", "difference (95 %)", "gained", "lost", "p"])
        {
            table.AddColumn(new TableColumn(column) { Alignment = column == "benchmark" ? Justify.Left : Justify.Right });
        }

        foreach (BenchmarkComparison b in comparison.Benchmarks)
        {
            AddRow(table, $"[bold]{Markup.Escape(b.Benchmark)}[/]", b.Items, b.Before, b.After, b.Difference, b.Mcnemar);
            foreach (GroupComparison g in b.Groups)
            {
                AddRow(table, "  " + Markup.Escape(g.Group), g.Items, g.Before, g.After, g.Difference, g.Mcnemar);
            }
        }

        AnsiConsole.Write(table);
    }

    private static void AddRow(Table table, string name, int items, ScoreInterval before, ScoreInterval after, Difference difference, McNemarResult test)
    {
        string colour = difference.Low > 0 ? "green" : difference.High < 0 ? "red" : "grey";
        table.AddRow(
            name, $"{items}", $"{before.Score * 100:0.0} %", $"{after.Score * 100:0.0} %",
            $"[{colour}]{difference.Points * 100:+0.0;-0.0;0.0} ({difference.Low * 100:+0.0;-0.0;0.0} to {difference.High * 100:+0.0;-0.0;0.0})[/]",
            $"{test.Gained}", $"{test.Lost}", test.P < 0.001 ? "< 0.001" : $"{test.P:0.000}");
    }
}
