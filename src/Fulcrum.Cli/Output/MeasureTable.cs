using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Spectre.Console;

namespace Fulcrum.Cli;

/// <summary>The scores of one model as a table for people: each task with its interval, then its groups.</summary>
internal static class MeasureTable
{
    private const int MostGroups = 8;

    /// <summary>Prints a row for each task and for each of its groups; of many groups only the lowest.</summary>
    /// <param name="measured">The tasks in their order, with their answers and figures.</param>
    public static void Print(IReadOnlyList<(ITask Task, IReadOnlyList<Answer> Answers, TaskFigures Figures)> measured)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns(
            new TableColumn("task"),
            new TableColumn("items").RightAligned(),
            new TableColumn("unscored").RightAligned(),
            new TableColumn("score (95%)").RightAligned()
        );
        foreach ((ITask task, IReadOnlyList<Answer> answers, TaskFigures figures) in measured)
        {
            if (answers.All(a => a.Score is null))
            {
                AddFigures(table, task, answers, figures);
                continue;
            }

            IReadOnlyList<Answer> questions = QuestionForms.Joined(answers);
            bool binary = questions.All(a => a.Score is null or 0 or 1);
            AddRow(table, $"[bold]{Shown.AsMarkup(task.Name)}[/]", questions, binary);
            AddGroups(table, questions, binary);
        }

        ComparisonTable.WideEnough().Write(table);
    }

    // Tasks without scores, as whole texts, have figures of the corpus.
    private static void AddFigures(Table table, ITask task, IReadOnlyList<Answer> answers, TaskFigures figures)
    {
        string all = string.Join(
            ", ",
            (figures.GetValueOrDefault(task.Name) ?? []).Select(f =>
                $"{f.Key} {Words.English.Number(f.Value.Value, "0.####")}"
            )
        );
        table.AddRow(
            $"[bold]{Shown.AsMarkup(task.Name)}[/]",
            Words.English.Count(answers.Count),
            "",
            Shown.AsMarkup(all)
        );
    }

    private static void AddGroups(Table table, IReadOnlyList<Answer> questions, bool binary)
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
        if (lowest.Length < 2)
        {
            return;
        }

        bool many = groups.Length > MostGroups;
        foreach ((string name, Answer[] answers) in many ? lowest[..1] : groups)
        {
            string note =
                many ? $" (lowest of {groups.Length})"
                : name == lowest[0].Name ? " (lowest)"
                : "";
            AddRow(table, $"  {Shown.AsMarkup(name + note)}", answers, binary);
        }
    }

    private static IEnumerable<(string, Answer[])> Parts(IReadOnlyList<Answer> answers, Func<Answer, string> part) =>
        answers
            .GroupBy(part, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, g.ToArray()));

    private static void AddRow(Table table, string name, IReadOnlyList<Answer> answers, bool binary)
    {
        (string, double)[] scored =
        [
            .. answers.Where(a => a.Score is not null).Select(a => (a.Cluster, a.Score!.Value)),
        ];
        ScoreInterval score = PairedComparison.Score(scored, binary);
        Words words = Words.English;
        table.AddRow(
            name,
            words.Count(answers.Count),
            words.Count(answers.Count - scored.Length),
            scored.Length == 0 ? "–" : $"{words.Percent(score.Score)} ({words.Interval(score)})"
        );
    }
}
