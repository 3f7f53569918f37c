using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Tasks.Harness;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>The built-in tasks as a table for people. Names of tasks and of data sets are never broken, so that they
/// can be copied. Where the terminal is too narrow for that, the tasks are a list.</summary>
internal static class TasksTable
{
    // What a task measures may be broken into lines of this width.
    private const int LeastWords = 24;

    // A border, and a space on each side of a cell.
    private const int Frame = 3;

    /// <summary>Prints the tasks.</summary>
    /// <param name="head">The head of the last column.</param>
    /// <param name="last">The last column of a task.</param>
    public static void Print(IReadOnlyList<BuiltInTask> tasks, string head, Func<BuiltInTask, string> last) =>
        Print(ComparisonTable.WideEnough(), tasks, head, last, Console.IsOutputRedirected);

    /// <summary>Prints the tasks to a console.</summary>
    /// <param name="free">Whether lines may be as long as the table needs.</param>
    internal static void Print(
        IAnsiConsole console,
        IReadOnlyList<BuiltInTask> tasks,
        string head,
        Func<BuiltInTask, string> last,
        bool free
    )
    {
        string[] heads = ["task", "ability", "measures", "items", "data", "licence", head];
        string[][] rows = [.. tasks.Select(t => Row(t, last(t)))];
        int[] widths = [.. heads.Select((h, c) => rows.Select(r => r[c].Length).Append(h.Length).Max())];
        int least = widths.Where((_, c) => c != 2).Sum() + LeastWords + (Frame * heads.Length) + 1;
        if (free)
        {
            console.Profile.Width = Math.Max(console.Profile.Width, least + LeastWords);
        }

        if (console.Profile.Width >= least)
        {
            console.Write(Table(heads, rows));
            return;
        }

        foreach (string[] row in rows)
        {
            console.MarkupLine($"[bold]{Shown.AsMarkup(row[0])}[/]");
            string size = $"{row[1]}; {row[3]} items; {head} {row[6]}; licence {row[5]}";
            foreach (string line in (string[])[row[2], row[4], size])
            {
                console.Write(new Padder(new Spectre.Console.Text(line), new Padding(4, 0, 0, 0)));
            }
        }
    }

    private static string[] Row(BuiltInTask task, string last) =>
        [
            task.Name,
            EnumNames.Of(task.Ability),
            task.Measures,
            task.Items.ToString("N0", CultureInfo.InvariantCulture),
            task.Data,
            task.License,
            last,
        ];

    private static Spectre.Console.Table Table(string[] heads, string[][] rows)
    {
        Spectre.Console.Table table = new();
        for (int c = 0; c < heads.Length; c++)
        {
            table.AddColumn(new TableColumn(heads[c]) { NoWrap = c != 2 });
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(Shown.AsMarkup)]);
        }

        return table;
    }
}
