using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>The scores of one model as a table for people: each task with its interval, then its groups.</summary>
internal static class MeasureTable
{
    private const int MostGroups = 8,
        LeastWidth = 90;

    /// <summary>Prints a row for each task and for each of its groups; of many groups only the lowest, without an
    /// interval. A list where the terminal is narrow.</summary>
    /// <param name="measured">The tasks in their order, with their answers and figures.</param>
    public static void Print(IReadOnlyList<(ITask Task, IReadOnlyList<Answer> Answers, TaskFigures Figures)> measured)
    {
        IAnsiConsole console = ComparisonTable.WideEnough();
        Row[] rows = [.. measured.SelectMany(m => Rows(m.Task.Name, m.Answers, m.Figures))];
        foreach ((ITask task, IReadOnlyList<Answer> answers, _) in measured)
        {
            int questions = QuestionForms.Joined(answers).Count;
            console.Write(
                questions == answers.Count
                    ? ""
                    : $"{Printable.Line(task.Name)}: {questions:#,0} questions ({answers.Count:#,0} items asked). "
                        + "Items with the same question count as one.\n"
            );
        }

        if (console.Profile.Width >= LeastWidth)
        {
            console.Write(Table(rows));
            return;
        }

        foreach (Row row in rows)
        {
            string unscored = row.Unscored is "" or "0" ? "" : $", {row.Unscored} unscored";
            console.Write(
                new Padder(
                    new Spectre.Console.Markup(
                        $"{row.Markup}: {Shown.AsMarkup(row.Score)}; {row.Items} items{unscored}"
                    ),
                    new Padding(row.IsPart ? 2 : 0, 0, 0, 0)
                )
            );
        }
    }

    private static Table Table(Row[] rows)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns(
            new TableColumn("task"),
            new TableColumn("items").RightAligned(),
            new TableColumn("unscored").RightAligned(),
            new TableColumn("score (95%)").RightAligned()
        );
        foreach (Row row in rows)
        {
            table.AddRow((row.IsPart ? "  " : "") + row.Markup, row.Items, row.Unscored, Shown.AsMarkup(row.Score));
        }

        return table;
    }

    private static IEnumerable<Row> Rows(string task, IReadOnlyList<Answer> answers, TaskFigures figures)
    {
        if (answers.All(a => a.Score is null))
        {
            // Tasks without scores, as whole texts, have figures of the corpus.
            IEnumerable<string> all = (figures.GetValueOrDefault(task) ?? []).Select(f =>
                $"{f.Key} {Words.English.Number(f.Value.Value, "0.####")}"
            );
            return [new Row(task, false, Words.English.Count(answers.Count), "", string.Join(", ", all))];
        }

        IReadOnlyList<Answer> questions = QuestionForms.Joined(answers);
        bool binary = questions.All(a => a.Score is null or 0 or 1);
        return Groups(questions, binary).Prepend(RowOf(task, false, questions, binary));
    }

    private static IEnumerable<Row> Groups(IReadOnlyList<Answer> questions, bool binary)
    {
        (string Name, Answer[] Answers)[] groups = [.. Parts(questions, a => a.Group)];
        groups = groups.Length > 1 ? groups : [.. Parts(questions, a => a.Cluster)];
        (string Name, Answer[] Answers)[] lowest =
        [
            .. groups
                .Where(g => g.Answers.Any(a => a.Score is not null))
                .OrderBy(g => g.Answers.Average(a => a.Score))
                .ThenBy(g => g.Name, StringComparer.Ordinal),
        ];
        return lowest.Length < 2 ? []
            : groups.Length > MostGroups ? [Lowest(groups.Length, lowest[0].Name, lowest[0].Answers)]
            : groups.Select(g =>
                RowOf(g.Name + (g.Name == lowest[0].Name ? " (lowest)" : ""), true, g.Answers, binary)
            );
    }

    private static IEnumerable<(string, Answer[])> Parts(IReadOnlyList<Answer> answers, Func<Answer, string> part) =>
        answers
            .GroupBy(part, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, g.ToArray()));

    // A 95% interval holds for a group that was chosen before the scores were seen.
    private static Row Lowest(int groups, string name, Answer[] answers) =>
        RowOf($"{name} (lowest of {groups})", true, answers, binary: false) with
        {
            Score = Words.English.Percent(answers.Average(a => a.Score)!.Value),
        };

    private static Row RowOf(string name, bool isPart, IReadOnlyList<Answer> answers, bool binary)
    {
        (string, double)[] scored =
        [
            .. answers.Where(a => a.Score is not null).Select(a => (a.Cluster, a.Score!.Value)),
        ];
        ScoreInterval score = PairedComparison.Score(scored, binary);
        Words words = Words.English;
        return new Row(
            name,
            isPart,
            words.Count(answers.Count),
            words.Count(answers.Count - scored.Length),
            scored.Length == 0 ? "–" : $"{words.Percent(score.Score)} ({words.Interval(score)})"
        );
    }

    private sealed record Row(string Name, bool IsPart, string Items, string Unscored, string Score)
    {
        public string Markup => IsPart ? Shown.AsMarkup(Name) : $"[bold]{Shown.AsMarkup(Name)}[/]";
    }
}
