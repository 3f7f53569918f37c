using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>A comparison as a table for people: ▲ green where the adapter helped, ▼ red where it hurt, ○ grey where it
/// cannot be told.</summary>
internal static class ComparisonTable
{
    private const int LeastWidth = 120;

    /// <summary>Prints a table for each candidate, and its verdict.</summary>
    public static void Print(Comparison comparison, Words words)
    {
        foreach (CandidateComparison candidate in comparison.Candidates)
        {
            string title = comparison.Candidates.Count > 1 ? candidate.Name : "";
            Print(candidate.Tasks, Sentences.Of(candidate, comparison, words), words, title);
        }
    }

    /// <summary>Prints the table of two sides, and the verdict if there is one.</summary>
    public static void Print(TasksComparison comparison)
    {
        string? verdict = comparison.Verdict is { } v ? Sentences.Of(v, Words.English) : null;
        Print(comparison.Tasks, verdict, Words.English, "");
    }

    private static void Print(IReadOnlyList<PairedResult> tasks, string? verdict, Words words, string title)
    {
        IAnsiConsole console = WideEnough();
        Table table = Table(tasks, words);
        table.Title = title.Length > 0 ? new TableTitle(Shown.AsMarkup(title)) : null;
        console.Write(table);
        foreach (PairedResult result in tasks)
        {
            string generalisation = Sentences.Generalisation(result, words);
            console.Write(generalisation.Length > 0 ? $"{result.Task}: {generalisation}\n" : "");
            console.Write(Sentences.Unscored(result, words) is { } unscored ? unscored + "\n" : "");
        }

        if (verdict is not null)
        {
            console.MarkupLine($"[bold]{Shown.AsMarkup(verdict)}[/]");
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

    private static Table Table(IReadOnlyList<PairedResult> tasks, Words words)
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

        foreach (PairedResult b in tasks)
        {
            AddRow(table, $"[bold]{Shown.AsMarkup(b.Task)}[/]", b, words);
            foreach (PairedResult g in b.Groups)
            {
                AddRow(table, "  " + Shown.AsMarkup(g.Name), g, words);
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
