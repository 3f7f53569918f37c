using System.Globalization;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Tasks.Choice;

namespace Fulcrum.Studies;

/// <summary>Recognises by its columns which task a data file is.</summary>
internal static class RecognisedTask
{
    /// <summary>Returns the keys of a task over a file, without its name and path. A file without options becomes a
    /// task with written answers, whose layout is recognised like that of training data.</summary>
    /// <exception cref="InputException">The file has options, but its question or its answers are not recognised.
    /// </exception>
    public static JsonObject Of(string path, IReadOnlyList<TableRow> rows)
    {
        string[] columns = [.. rows[0].Values.Select(c => c.Key)];
        string? Column(params string[] names) =>
            names
                .Select(n => columns.FirstOrDefault(c => c.Equals(n, StringComparison.OrdinalIgnoreCase)))
                .FirstOrDefault(c => c is not null);
        string? list = Column("options", "choices");
        string[] lettered = [.. Letters(columns)];
        if (list is null && lettered.Length < 2)
        {
            return new JsonObject { ["kind"] = "generation" };
        }

        string question = Column("question", "prompt", "input", "instruction", "stem") ?? throw Unknown(path, columns);
        string answer =
            Column("answer", "answerKey", "target", "label", "completion", "output", "response")
            ?? throw Unknown(path, columns);
        bool labelled = list is not null && rows[0].TryFind($"{list}.label", out _);
        string[] options =
            list is null ? lettered
            : labelled ? [$"{list}.text"]
            : [list];
        JsonObject task = new()
        {
            ["kind"] = "multiple-choice",
            ["question"] = question,
            ["options"] = new JsonArray([.. options.Select(o => (JsonNode)o)]),
            ["answer"] = answer,
            ["answerForm"] = EnumNames.Of(labelled ? AnswerForm.Label : Form(path, rows, answer, options)),
        };
        if (labelled)
        {
            task["labels"] = $"{list}.label";
        }

        return task;
    }

    // The columns A, B, ... of a table with a column for each option.
    private static IEnumerable<string> Letters(string[] columns)
    {
        for (char letter = 'A'; letter <= 'Z'; letter++)
        {
            string name = letter.ToString();
            if (columns.FirstOrDefault(c => c.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } column)
            {
                yield break;
            }

            yield return column;
        }
    }

    // Returns the form that most answers have. A single empty or wrong answer must not change how the others are read;
    // the reader of the task reports its line later.
    private static AnswerForm Form(string path, IReadOnlyList<TableRow> rows, string answer, string[] columns)
    {
        (string Answer, string[] Options)[] answers =
        [
            .. rows.SelectMany(r => r.Texts(answer).Select(a => (a.Trim(), Options(r, columns)))),
        ];
        // In the order of preference between forms that the same number of answers has.
        (AnswerForm Form, int Count)[] forms =
        [
            (AnswerForm.Letter, Count((a, options) => a.Length == 1 && IsPlace(LetterPlace(a[0]), options))),
            (AnswerForm.Index, Count((a, options) => IsPlace(Whole(a), options))),
            (AnswerForm.IndexFromOne, Count((a, options) => IsPlace(Whole(a) - 1, options))),
            (AnswerForm.Text, Count((a, options) => options.Contains(a))),
        ];
        bool allCountFromEither = forms[1].Count == answers.Length && forms[2].Count == answers.Length;
        if (answers.Length > 0 && allCountFromEither)
        {
            throw new InputException(
                $"{path}: the numbers in the column '{answer}' may count from 0 or from 1; write a task file "
                    + $"with answerForm index or index-from-1"
            );
        }

        (AnswerForm form, int most) = forms.MaxBy(f => f.Count);
        return most == 0 ? AnswerForm.Text : form;

        int Count(Func<string, string[], bool> fits) => answers.Count(a => fits(a.Answer, a.Options));
    }

    private static int LetterPlace(char letter) => char.ToUpperInvariant(letter) - 'A';

    private static string[] Options(TableRow row, string[] columns) =>
        [.. (columns is [var list] ? row.Texts(list) : columns.Select(row.Text)).Select(o => o.Trim())];

    private static bool IsPlace(int place, string[] options) => place >= 0 && place < options.Length;

    private static int Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    private static InputException Unknown(string path, string[] columns) =>
        new(
            $"{path}: its columns ({string.Join(", ", columns)}) are not recognised; write a task file that "
                + $"names the question and the answer"
        );
}
