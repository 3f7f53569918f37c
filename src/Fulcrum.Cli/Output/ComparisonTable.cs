using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>A comparison as a table for people: ▲ green where the adapter helped, ▼ red where it hurt, ○ grey where it
/// is not significant.</summary>
internal static class ComparisonTable
{
    private const int MostTables = 16,
        MostGroups = 100,
        LeastWidth = 120,
        LeastTable = 90;

    /// <summary>Prints the ranking where there are several candidates, then a table for each candidate, and its
    /// verdict. The verdict of the whole comes last, where a terminal shows it.</summary>
    /// <param name="study">Names clusters as its tasks do; null: there is none.</param>
    public static void Print(Comparison comparison, Words words, Study? study = null)
    {
        bool several = comparison.Candidates.Count > 1;
        // The ranking is what can be read of many; the report has their tables.
        foreach (CandidateComparison candidate in comparison.Candidates.Count > MostTables ? [] : comparison.Candidates)
        {
            string title = several ? candidate.Name : "";
            Print(candidate.Tasks, Sentences.Of(candidate, comparison, words), words, title, study);
            Advise(candidate, words);
        }

        foreach (ServingLadder ladder in comparison.Ladders ?? [])
        {
            WideEnough().MarkupLine(Shown.AsMarkup(LadderSentences.Of(ladder, words)));
        }

        if (comparison.Selection is not null)
        {
            WideEnough().MarkupLine(Shown.AsMarkup(Explanations.Selection(comparison, words)));
        }

        if (several && comparison.Selection is null)
        {
            Rank(comparison, words);
        }

        foreach (string line in Explanations.Guards(comparison.Guards ?? [], words))
        {
            Say(WideEnough(), line);
        }
    }

    /// <summary>Prints the table of two sides, and the verdict if there is one.</summary>
    /// <param name="study">As for a whole comparison.</param>
    public static void Print(TasksComparison comparison, Study? study = null)
    {
        string? verdict = comparison.Verdict is { } v ? Sentences.Of(v, Words.English) : null;
        Print(comparison.Tasks, verdict, Words.English, "", study);
        if (comparison.IsSame)
        {
            Say(
                WideEnough(),
                "All answers of both sides are identical. No item changed, so there is no difference to judge."
            );
        }
        else if (comparison.Verdict is { } judged)
        {
            Advise(new CandidateComparison("", comparison.Tasks, judged), Words.English);
        }
        else
        {
            IEnumerable<string?> said = comparison.Tasks.SelectMany(t =>
                (string?[])[Sentences.Unchanged(t, Words.English), Sentences.Margin(t, Words.English)]
            );
            said.ToList().ForEach(s => Say(WideEnough(), s));
        }
    }

    // The verdict's own line says the reason of the others.
    private static void Advise(CandidateComparison candidate, Words words)
    {
        if (candidate.Verdict.Kind == VerdictKind.Inconclusive)
        {
            Say(WideEnough(), Advice.Of(candidate, words));
        }
    }

    private static void Print(IReadOnlyList<PairedResult> all, string? verdict, Words words, string title, Study? study)
    {
        PairedResult[] tasks = [.. all.Where(t => t.HasScores)];
        IAnsiConsole console = WideEnough();
        if (console.Profile.Width < LeastTable)
        {
            List(console, tasks, words, title);
        }
        else
        {
            Table table = Table(tasks, words);
            table.Title = title.Length > 0 ? new TableTitle(Shown.AsMarkup(title)) : null;
            console.Write(table);
        }

        Say(console, Explanations.Adjusted(tasks, words));
        foreach (PairedResult result in tasks)
        {
            (string, string) noun = Kinds.ClusterNoun(study, result.Task);
            Remarks(result, words, noun, verdict is not null).ToList().ForEach(r => Say(console, r));
        }

        foreach (PairedResult texts in all.Where(t => !t.HasScores))
        {
            Say(console, Sentences.Texts(texts, words));
        }

        if (verdict is not null)
        {
            console.MarkupLine($"[bold]{Shown.AsMarkup(verdict)}[/]");
        }
    }

    private static IEnumerable<string?> Remarks(PairedResult result, Words words, (string, string) noun, bool judged)
    {
        string generalisation = Sentences.Generalisation(result, words, noun, judged);
        return
        [
            generalisation.Length > 0 ? $"{result.Task}: {generalisation}" : null,
            result.Early is null ? null : Sentences.Early(result, words),
            Facts.Repeated(result, words),
            Sentences.Corpus(result, words),
            Sentences.Unscored(result, words),
            .. Sentences.Replies(result, words),
            Sentences.Lucky(result, words),
            Sentences.Unsigned(result, words, noun),
        ];
    }

    // Names of tasks and clusters come with the data: control characters in them must not act.
    private static void Say(IAnsiConsole console, string? sentence)
    {
        if (sentence is not null)
        {
            console.Write(Printable.Lines(sentence) + "\n");
        }
    }

    /// <summary>A row per candidate with every task's difference; a list where the terminal is narrow.</summary>
    private static void Rank(Comparison comparison, Words words)
    {
        IAnsiConsole console = WideEnough();
        Ranking ranking = Ranking.Of(comparison);
        Table table = new() { Border = TableBorder.Rounded };
        string[] tasks = [.. comparison.Candidates[0].Tasks.Select(t => Shown.AsMarkup(t.Task))];
        table.AddColumns([words.Say("candidate", "candidato"), .. tasks, words.Say("verdict", "veredito")]);
        foreach (CandidateComparison c in ranking.Order)
        {
            string[] cells = [.. c.Tasks.Select(t => Change(t, words))];
            string verdict = Shown.AsMarkup(Sentences.Kind(c.Verdict, words));
            table.AddRow([Shown.AsMarkup(c.Name), .. cells, verdict]);
            if (console.Profile.Width < LeastTable)
            {
                console.MarkupLine($"[bold]{Shown.AsMarkup(c.Name)}[/]: {verdict}");
                tasks.Zip(cells, (task, cell) => $"  {task}: {cell}").ToList().ForEach(console.MarkupLine);
            }
        }

        if (console.Profile.Width >= LeastTable)
        {
            console.Write(table);
        }

        console.MarkupLine($"[bold]{Shown.AsMarkup(ranking.Sentence(words))}[/]");
    }

    private static void List(IAnsiConsole console, IReadOnlyList<PairedResult> tasks, Words words, string title)
    {
        console.MarkupLine(title.Length > 0 ? $"[bold]{Shown.AsMarkup(title)}[/]" : "");
        foreach (PairedResult b in tasks.SelectMany(t => t.Groups.Take(MostGroups).Prepend(t)))
        {
            string name = b.Group is null ? $"[bold]{Shown.AsMarkup(b.Name)}[/]" : Shown.AsMarkup(b.Name);
            string scores = $"{words.Percent(b.Before.Score)} → {words.Percent(b.After.Score)}";
            string counts =
                $"{Facts.Items(b, words)}, "
                + words.Say($"{b.Gained} gained, {b.Lost} lost", $"{b.Gained} ganhos, {b.Lost} perdidos");
            Indented(console, b.Group is null ? 0 : 2, $"{name}: {Change(b, words)}");
            Indented(console, 4, $"{scores}; {counts}; p {Signs.P(b, words)}");
        }
    }

    // Lines that the console breaks keep the indentation.
    private static void Indented(IAnsiConsole console, int columns, string markup) =>
        console.Write(new Padder(new Markup(markup), new Padding(columns, 0, 0, 0)));

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
                    words.Say("task", "tarefa"),
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
            bool first = table.Columns.Count == 0;
            table.AddColumn(new TableColumn(column) { Alignment = first ? Justify.Left : Justify.Right });
        }

        foreach (PairedResult b in tasks)
        {
            AddRow(table, $"[bold]{Shown.AsMarkup(b.Task)}[/]", b, words);
            foreach (PairedResult g in b.Groups.Take(MostGroups))
            {
                AddRow(table, "  " + Shown.AsMarkup(g.Name), g, words);
            }

            if (b.Groups.Count > MostGroups)
            {
                int more = b.Groups.Count - MostGroups;
                table.AddRow(words.Say($"  and {more} groups more (--json)", $"  e mais {more} grupos (--json)"));
            }
        }

        return table;
    }

    private static void AddRow(Table table, string name, PairedResult b, Words words)
    {
        table.AddRow(
            name,
            words.Count(b.Items),
            words.Percent(b.Before.Score),
            words.Percent(b.After.Score),
            Change(b, words),
            words.Count(b.Gained),
            words.Count(b.Lost),
            Signs.P(b, words)
        );
    }

    private static string Change(PairedResult b, Words words)
    {
        (string colour, string sign) = b.Change switch
        {
            Comparisons.Change.Gain => ("green", "▲"),
            Comparisons.Change.Loss => ("red", "▼"),
            _ => ("grey", "○"),
        };
        return $"[{colour}]{sign} {words.Change(b.Difference)}[/]";
    }
}
