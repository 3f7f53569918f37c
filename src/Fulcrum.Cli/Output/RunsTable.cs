using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>Every measured point of one or several runs as a table.</summary>
internal static class RunsTable
{
    /// <summary>A row a point, green on the front, grey where another point is shown to be better.</summary>
    public static void Print(RunsComparison comparison)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (
            string column in (string[])
                [
                    "point",
                    "lambda",
                    string.Join(" + ", comparison.TradeOff.Tasks),
                    string.Join(" + ", comparison.TradeOff.General),
                    "",
                ]
        )
        {
            table.AddColumn(
                new TableColumn(Shown.AsMarkup(column))
                {
                    Alignment = column is "point" or "" ? Justify.Left : Justify.Right,
                }
            );
        }

        foreach (MeasuredPoint p in comparison.TradeOff.Points)
        {
            string colour = p.OnFront ? "green"
                : p.Dominated ? "grey"
                : "default",
                mark = p.Name == comparison.TradeOff.Best ? "best within the margin"
                : p.OnFront ? "front"
                : p.Dominated ? $"worse than {p.DominatedBy}"
                : "";
            table.AddRow(
                $"[{colour}]{Shown.AsMarkup(p.Name)}[/]",
                $"{p.Lambda:0.##}",
                Shown.AsMarkup(Interval(p.Task)),
                p.General is { } general ? Shown.AsMarkup(Interval(general)) : "",
                Shown.AsMarkup(mark)
            );
        }

        ComparisonTable.WideEnough().Write(table);
        foreach (RunSummary run in comparison.Runs)
        {
            string replay = run.Replay is { } share ? $"; replay {share * 100:0}%" : "";
            Console.Out.WriteLine(
                $"{Printable.Line(run.Run)}: {Sentences.Kind(run.Verdict, Words.English)} at a margin "
                    + $"of {run.Verdict.Margin:0.##} points; hypervolume {run.Hypervolume:0.0000}{replay}"
            );
        }
    }

    private static string Interval(Difference d) =>
        $"{d.Points * 100:+0.0;-0.0;0.0} ({d.Low * 100:+0.0;-0.0;0.0} to {d.High * 100:+0.0;-0.0;0.0})";
}
