using System.Text;
using System.Text.RegularExpressions;
using Fulcrum.Tasks.Grading;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The preprocessing of rows of built-in tasks, by the names in their definitions.</summary>
internal static partial class HarnessFunctions
{
    /// <summary>The prefix of the name of the function that keeps the rows of one category.</summary>
    public const string Category = "category ";

    /// <summary>Whether a task selects a part of its rows, which can be empty.</summary>
    public static bool KeepsAPart(HarnessConfig config) =>
        config.ProcessDocs?.Name.StartsWith(Category, StringComparison.Ordinal) == true;

    /// <summary>Returns the rows of a task after its preprocessing; unchanged if it has none.</summary>
    /// <exception cref="InputException">A row lacks a column that the function needs.</exception>
    public static IReadOnlyList<TemplateMap> Processed(HarnessConfig config, IReadOnlyList<TemplateMap> rows) =>
        config.ProcessDocs?.Name switch
        {
            null => rows,
            "hellaswag" => Each(config, rows, HellaSwag),
            "winogrande" => Each(config, rows, Winogrande),
            "wikitext" => Each(
                config,
                rows,
                row =>
                {
                    row["text"] = Detokenised(Text(row, "page"));
                }
            ),
            ['c', ..] name => [.. rows.Where(r => Text(r, "subject_category") == name[Category.Length..])],
            var other => throw config.Error($"there is no function {other}"),
        };

    private static List<TemplateMap> Each(
        HarnessConfig config,
        IReadOnlyList<TemplateMap> rows,
        Action<TemplateMap> change
    )
    {
        List<TemplateMap> changed = [];
        foreach (TemplateMap row in rows)
        {
            TemplateMap copy = TemplateValues.Map(row);
            try
            {
                change(copy);
            }
            catch (InputException e)
            {
                throw config.Error($"row {changed.Count}: {e.Message}", e);
            }

            changed.Add(copy);
        }

        return changed;
    }

    private static void HellaSwag(TemplateMap row)
    {
        string context = $"{Text(row, "ctx_a")} {TemplateText.Capitalize(Text(row, "ctx_b"))}";
        row["query"] = Cleaned($"{Text(row, "activity_label")}: {context}");
        row["choices"] = Texts(row, "endings").Select(e => (object?)Cleaned(e)).ToList();
    }

    private static string Cleaned(string text)
    {
        text = PythonText.Strip(text).Replace(" [title]", ". ", StringComparison.Ordinal);
        return Unbracketed(text).Replace("  ", " ", StringComparison.Ordinal);
    }

    // Without everything from an opening bracket to the next closing one on its line: in linear time, also for a
    // million opening brackets.
    internal static string Unbracketed(string text)
    {
        StringBuilder kept = new(text.Length);
        int at = 0,
            close = -1,
            line = -1;
        for (int open = text.IndexOf('['); open >= 0; open = text.IndexOf('[', at))
        {
            close = Next(text, ']', open, close);
            line = Next(text, '\n', open, line);
            int end = close < line ? close + 1 : open + 1;
            kept.Append(text, at, (close < line ? open : end) - at);
            at = end;
        }

        return kept.Append(text, at, text.Length - at).ToString();
    }

    // The place of the next such character, or the length of the text.
    private static int Next(string text, char wanted, int from, int known) =>
        known > from ? known
        : text.IndexOf(wanted, from) is >= 0 and var found ? found
        : text.Length;

    private static void Winogrande(TemplateMap row)
    {
        string sentence = Text(row, "sentence");
        int gap = sentence.IndexOf('_', StringComparison.Ordinal) is >= 0 and var at
            ? at
            : throw new InputException("the sentence has no gap, marked by '_'");
        row["place"] = Text(row, "answer") switch
        {
            "1" => 0L,
            "2" => 1L,
            var other => throw new InputException($"the answer is '{other}'; expected 1 or 2"),
        };
        row["rest"] = PythonText.Strip(sentence[(gap + 1)..]);
        row["starts"] = new List<object?>
        {
            sentence[..gap] + Text(row, "option1"),
            sentence[..gap] + Text(row, "option2"),
        };
    }

    /// <summary>Returns a page of WikiText with natural spacing (the steps of Dai et al. 2019, in the order of the
    /// reference).</summary>
    private static string Detokenised(string page)
    {
        string text = Replaced(page, ("s '", "s'"));
        text = AfterSlash().Replace(text, "/'[0-9]/");
        text = Replaced(
            text,
            (" @-@ ", "-"),
            (" @,@ ", ","),
            (" @.@ ", "."),
            (" : ", ": "),
            (" ; ", "; "),
            (" . ", ". "),
            (" ! ", "! "),
            (" ? ", "? "),
            (" , ", ", ")
        );
        text = Tightened(text, '(', ')');
        text = Tightened(text, '[', ']');
        text = Tightened(text, '{', '}');
        text = Tightened(text, '"', '"');
        text = Tightened(text, '\'', '\'');
        return Replaced(
            text,
            ("= = = =", "===="),
            ("= = =", "==="),
            ("= =", "=="),
            (" ° ", "°"),
            (" \n", "\n"),
            ("\n ", "\n"),
            (" N ", " 1 "),
            (" 's", "'s")
        );
    }

    // Without white space at the inner side of a mark and the next closing one: in linear time, also where a mark is
    // never closed.
    internal static string Tightened(string text, char open, char close)
    {
        StringBuilder tight = new(text.Length);
        int at = 0;
        for (
            int start = text.IndexOf(open), end;
            start >= 0 && (end = text.IndexOf(close, start + 1)) >= 0;
            start = text.IndexOf(open, at)
        )
        {
            tight.Append(text, at, start + 1 - at).Append(PythonText.Strip(text[(start + 1)..end])).Append(close);
            at = end + 1;
        }

        return tight.Append(text, at, text.Length - at).ToString();
    }

    private static string Replaced(string text, params (string From, string To)[] pairs) =>
        pairs.Aggregate(text, (t, p) => t.Replace(p.From, p.To, StringComparison.Ordinal));

    private static string Text(TemplateMap row, string column) =>
        row.GetValueOrDefault(column) switch
        {
            string text => text,
            long number => TemplateValues.Text(number),
            _ => throw new InputException(
                $"there is no column '{column}' with a text; there are {string.Join(", ", row.Keys)}"
            ),
        };

    private static IEnumerable<string> Texts(TemplateMap row, string column) =>
        row.GetValueOrDefault(column) is List<object?> list && list.TrueForAll(i => i is string)
            ? list.Cast<string>()
            : throw new InputException(
                $"there is no column '{column}' with a list of texts; there are {string.Join(", ", row.Keys)}"
            );

    [GeneratedRegex(@"/' [0-9]/")]
    private static partial Regex AfterSlash();
}
