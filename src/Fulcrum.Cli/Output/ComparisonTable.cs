using Fulcrum.Comparisons;
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
        foreach (PairedResult result in comparison.Tasks)
        {
            string generalisation = Sentences.Generalisation(result, words);
            console.Write(generalisation.Length > 0 ? $"{result.Task}: {generalisation}\n" : "");
            console.Write(Sentences.Unscored(result, words) is { } unscored ? unscored + "\n" : "");
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
                    "task",
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
            table.AddColumn(new TableColumn(column) { Alignment = column == "task" ? Justify.Left : Justify.Right });
        }

        foreach (PairedResult b in comparison.Tasks)
        {
            AddRow(table, $"[bold]{Markup.Escape(b.Task)}[/]", b, words);
            foreach (PairedResult g in b.Groups)
            {
                AddRow(table, "  " + Markup.Escape(g.Name), g, words);
            }
        }

        return table;
    }

    private static void AddRow(Table table, string name, PairedResult b, Words words)
    {
        (string colour, string sign) = b.Change switch
        {
            Change.Gain => ("green", "▲"),
            Change.Loss => ("red", "▼"),
            _ => ("grey", "○"),
        };
        table.AddRow(
            name,
            words.Count(b.Items),
            words.Percent(b.Before.Score),
            words.Percent(b.After.Score),
            $"[{colour}]{sign} {words.Change(b.Difference)}[/]",
            words.Count(b.Gained),
            words.Count(b.Lost),
            words.P(b.P)
        );
    }
}
