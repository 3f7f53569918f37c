using Fulcrum.Tasks.Choice;

namespace Fulcrum.Tasks;

/// <summary>A row of a custom file, for the search of faults.</summary>
/// <param name="Place">In the file: <c>line 3</c>.</param>
/// <param name="Question">As text.</param>
/// <param name="Asked">Equal for rows that ask the same, options included.</param>
/// <param name="Answers">The right answers as the file has them.</param>
/// <param name="Meaning">Equal for rows with the same right answers.</param>
internal sealed record AskedRow(
    string Place,
    string Question,
    string Asked,
    IReadOnlyList<string> Answers,
    string Meaning
);

/// <summary>Faults of rows that can be read, but not measured fairly. Each kind gives one sentence, with the first
/// places.</summary>
internal static class RowFaults
{
    private const int MostNamed = 3,
        MostCharacters = 60;

    /// <summary>Returns a sentence where questions are empty, and one where equal questions have different
    /// answers.</summary>
    public static IEnumerable<string> Doubts(string task, IReadOnlyList<AskedRow> rows) =>
        Sentence(
                task,
                [
                    .. rows.Where(r => string.IsNullOrWhiteSpace(r.Question))
                        .Select(r => $"{r.Place}: the question is empty"),
                ],
                "Write the question, or remove the row"
            )
            .Concat(
                Sentence(
                    task,
                    [.. rows.GroupBy(r => r.Asked, StringComparer.Ordinal).Select(Contradiction).OfType<string>()],
                    "A reply that is right for one of them is wrong for the other. The rows are not refused, because "
                        + "several answers may be right: if so, give them as a list in one row"
                )
            );

    /// <summary>Returns a sentence where an item has equal or empty options.</summary>
    /// <param name="items">The options of each row, and the places of the right ones among them.</param>
    public static IEnumerable<string> DoubtfulOptions(
        string task,
        IEnumerable<(string Place, IReadOnlyList<string> Options, IReadOnlyList<int> Right)> items
    ) =>
        Sentence(
            task,
            [
                .. items.SelectMany(item =>
                    Enumerable
                        .Range(0, item.Options.Count)
                        .GroupBy(i => item.Options[i].Trim(), StringComparer.Ordinal)
                        .Where(same => same.Count() > 1 || same.Key.Length == 0)
                        .Select(same => Doubtful(item.Place, same, item.Right))
                ),
            ],
            "Each option must have a text of its own"
        );

    /// <summary>Returns a sentence where one text is the right answer to every item.</summary>
    /// <param name="right">The right answers of each item, each with what is equal for answers that mean the
    /// same.</param>
    public static IEnumerable<string> ConstantAnswer(string task, IReadOnlyList<(string Meaning, string Text)[]> right)
    {
        (string Meaning, string Text)[] always =
        [
            .. right.Count < 2 ? [] : right[0].Where(a => right.All(other => other.Any(o => o.Meaning == a.Meaning))),
        ];
        return always.Length == 0
            ? []
            : Constant(
                task,
                right.Count,
                $"'{Printable.Excerpt(always[0].Text, MostCharacters)}'",
                "Add items with other answers"
            );
    }

    /// <summary>Returns a sentence where one letter is the right answer to every item.</summary>
    /// <param name="right">The letters of the right options of each item.</param>
    public static IEnumerable<string> ConstantLetter(string task, IReadOnlyList<IReadOnlyList<string>> right)
    {
        string? always =
            right.Count < 2 ? null : right[0].FirstOrDefault(letter => right.All(letters => letters.Contains(letter)));
        return always is null
            ? []
            : Constant(task, right.Count, always, "Mix the order of the options, or ask with rotations");
    }

    private static IEnumerable<string> Constant(string task, int items, string always, string advice) =>
        [
            $"{task}: the right answer of all {items} items is {always}, so a model that always gives this answer "
                + $"scores 100% and need not read the question. {advice}",
        ];

    private static string? Contradiction(IEnumerable<AskedRow> same)
    {
        AskedRow first = same.First();
        return same.FirstOrDefault(r => r.Meaning != first.Meaning) is { } other
            ? $"{first.Place} and {other.Place} ask the same question with different answers, {Shown(first)} and "
                + Shown(other)
            : null;
    }

    private static string Shown(AskedRow row) =>
        $"'{Printable.Excerpt(string.Join(Answer.TargetSeparator, row.Answers), MostCharacters)}'";

    private static string Doubtful(string place, IGrouping<string, int> same, IReadOnlyList<int> right)
    {
        string letters = string.Join(" and ", same.Select(ChoicePrompt.Letter));
        if (same.Count() == 1)
        {
            return $"{place}: the option {letters} is empty";
        }

        string found = $"{place}: the options {letters} are the same, '{Printable.Excerpt(same.Key, MostCharacters)}'";
        int[] hit = [.. same.Where(right.Contains)];
        return hit.Length > 0 && hit.Length < same.Count()
            ? $"{found}, and only {string.Join(" and ", hit.Select(ChoicePrompt.Letter))} counts as right, so the item "
                + "cannot be answered fairly"
            : found;
    }

    private static IEnumerable<string> Sentence(string task, string[] found, string advice) =>
        found.Length == 0
            ? []
            :
            [
                $"{task}: {string.Join("; ", found.Take(MostNamed))}"
                    + (found.Length > MostNamed ? $"; and {found.Length - MostNamed} more" : "")
                    + $". {advice}",
            ];
}
