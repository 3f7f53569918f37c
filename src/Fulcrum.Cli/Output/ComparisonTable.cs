using Fulcrum.Report;
using Fulcrum.Statistics;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>A comparison as a table for people: ▲ green where the adapter helped, ▼ red where it hurt, ○ grey where it
/// cannot be told.</summary>
internal static class ComparisonTable
{
    private const int LeastWidth = 120;

    /// <summary>Prints the verdict and the table.</summary>
    public static void Print(Comparison comparison, Words? language = null)
    {
        Words words = language ?? Words.English;
        IAnsiConsole console = WideEnough();
        console.Write(Table(comparison, words));
        if (Sentences.Note(comparison, words) is { } note)
        {
            console.WriteLine(note);
        }

        if (comparison.Verdict is { } verdict)
        {
            console.MarkupLine($"[bold]{Markup.Escape(Sentences.Of(verdict, words))}[/]");
        }
    }

    /// <summary>Standard output; where it is a file or a pipe, no narrower than a table needs.</summary>
    public static IAnsiConsole WideEnough()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        console.Profile.Width = Console.IsOutputRedirected
            ? Math.Max(console.Profile.Width, LeastWidth)
            : console.Profile.Width;
        return console;
    }

    private static Table Table(Comparison comparison, Words words)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (
            string column in (string[])
                [
                    "benchmark",
                    words.Say("items", "itens"),
                    words.Say("before", "antes"),
                    words.Say("after", "depois"),
                    words.Say("difference (95%)", "diferença (95%)"),
                    words.Say("gained", "ganhos"),
                    words.Say("lost", "perdidos"),
                    "p",
                ]
        )
        {
            table.AddColumn(
                new TableColumn(column) { Alignment = column == "benchmark" ? Justify.Left : Justify.Right }
            );
        }

        foreach (BenchmarkComparison b in comparison.Benchmarks)
        {
            AddRow(
                table,
                $"[bold]{Markup.Escape(b.Benchmark)}[/]",
                b.Items,
                b.Before,
                b.After,
                b.Difference,
                b.Mcnemar,
                b.Clusters,
                words
            );
            foreach (GroupComparison g in b.Groups)
            {
                AddRow(
                    table,
                    "  " + Markup.Escape(g.Group),
                    g.Items,
                    g.Before,
                    g.After,
                    g.Difference,
                    g.Mcnemar,
                    g.Clusters,
                    words
                );
            }
        }

        return table;
    }

    private static void AddRow(
        Table table,
        string name,
        int items,
        ScoreInterval before,
        ScoreInterval after,
        Difference d,
        McNemarResult test,
        int clusters,
        Words words
    )
    {
        (string colour, string sign) = (d.Low > 0, d.High < 0) switch
        {
            (true, _) => ("green", "▲"),
            (_, true) => ("red", "▼"),
            _ => ("grey", "○"),
        };
        table.AddRow(
            name,
            words.Count(items),
            words.Percent(before.Score),
            words.Percent(after.Score),
            $"[{colour}]{sign} {words.Change(d)}[/]",
            words.Count(test.Gained),
            words.Count(test.Lost),
            Sentences.P(d, test, clusters, words)
        );
    }
}
