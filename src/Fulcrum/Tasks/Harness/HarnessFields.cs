using System.Globalization;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>A task's fields, evaluated for one row.</summary>
/// <param name="columns">Names of the columns: a text that equals one means that column, any other text is a
/// template.</param>
internal sealed class HarnessFields(HarnessConfig config, IReadOnlySet<string> columns)
{
    // In characters, of a text that a message quotes.
    private const int MostQuoted = 120;

    private readonly Dictionary<string, TextTemplate> templates = new(StringComparer.Ordinal);

    /// <summary>The question: a text; a whole number where the task has several inputs.</summary>
    public object? Text(HarnessRow row, object? field = null) =>
        Located(
            row,
            "doc_to_text",
            () =>
                (field ?? config.Text) switch
                {
                    string text when columns.Contains(text) => Column(row, text),
                    string text => Numbered(Rendered(text, row)),
                    var other => other,
                }
        );

    /// <summary>The answer: a text, a whole number (a choice's place), a list, or what a column holds.</summary>
    public object? Target(HarnessRow row, object? field = null) =>
        Located(
            row,
            "doc_to_target",
            () =>
                (field ?? config.Target) switch
                {
                    string text when columns.Contains(text) => Column(row, text),
                    string text => Numbered(Rendered(text, row)) switch
                    {
                        string list when list is ['[', .., ']'] => Literal(list) ?? list,
                        var value => value,
                    },
                    var other => other,
                }
        );

    /// <summary>The choices; null where the task has none.</summary>
    public List<string>? Choices(HarnessRow row, object? field = null)
    {
        object? chosen = field ?? config.Choice;
        return chosen is null
            ? null
            : Located(
                row,
                "doc_to_choice",
                () =>
                    Texts(
                        chosen switch
                        {
                            string text when columns.Contains(text) => Column(row, text),
                            string text => ParsedChoices(Rendered(text, row)),
                            TemplateMap map => map.Values.ToList(),
                            _ => chosen,
                        }
                    )
            );
    }

    /// <summary>Returns the description for one row.</summary>
    public string Description(HarnessRow row) =>
        config.Description.Length == 0 ? "" : Located(row, "description", () => Resolved(config.Description, row));

    /// <summary>Returns the text with which a reply begins; null if there is none.</summary>
    public string? Prefix(HarnessRow row, string? field) =>
        string.IsNullOrEmpty(field) ? null : Located(row, "gen_prefix", () => Resolved(field, row));

    private static object? Column(HarnessRow row, string name) =>
        row.Values.TryGetValue(name, out object? value)
            ? value
            : throw new InputException($"the row has no column '{name}'");

    private string Resolved(string field, HarnessRow row) =>
        row.Values.TryGetValue(field, out object? value)
            ? value as string ?? throw new InputException($"the column '{field}' must hold text")
            : Rendered(field, row);

    // A text of digits is a number where a task has choices: the place of one of them.
    private object? Numbered(string text) =>
        config.Choice is not null && text.Length > 0 && text.All(char.IsAsciiDigit)
            ? Literal(text) ?? throw new InputException($"'{text}' is no number")
            : text;

    private string Rendered(string template, HarnessRow row)
    {
        if (!templates.TryGetValue(template, out TextTemplate? parsed))
        {
            templates[template] = parsed = new TextTemplate(template);
        }

        return parsed.Render(row.Values);
    }

    private static object? Literal(string text)
    {
        try
        {
            return PythonLiteral.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static object? ParsedChoices(string text)
    {
        try
        {
            return PythonLiteral.Parse(text);
        }
        catch (FormatException e)
        {
            throw new InputException(
                $"its text is not a list of Python: {e.Message}: {Printable.Excerpt(text, MostQuoted)}",
                e
            );
        }
    }

    private static List<string> Texts(object? value) =>
        value is List<object?> { Count: > 0 } list
            ?
            [
                .. list.Select(
                    (v, i) =>
                        v as string
                        ?? throw new InputException($"choice {i} is {TemplateValues.Repr(v)}, which is no text")
                ),
            ]
            : throw new InputException(
                $"expected a list of texts, got {Printable.Excerpt(TemplateValues.Repr(value), MostQuoted)}"
            );

    private T Located<T>(HarnessRow row, string key, Func<T> evaluate)
    {
        try
        {
            return evaluate();
        }
        catch (InputException e)
        {
            throw config.Error($"row {row.Number.ToString(CultureInfo.InvariantCulture)}: {key}: {e.Message}", e);
        }
    }
}

/// <summary>One row of a task.</summary>
/// <param name="Number">From 0, among the rows of the split that belong to the task.</param>
internal sealed record HarnessRow(int Number, TemplateMap Values);
