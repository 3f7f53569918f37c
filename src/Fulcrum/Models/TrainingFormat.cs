using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>The layouts of training data that are recognised by their columns.</summary>
internal enum TrainingLayout
{
    /// <summary><c>prompt_ids</c> and <c>completion_ids</c>: token ids, used as they are.</summary>
    Ids,

    /// <summary><c>messages</c>: conversations as OpenAI has them.</summary>
    Messages,

    /// <summary><c>prompt</c> and <c>completion</c>: texts, or lists of messages as TRL has them.</summary>
    PromptCompletion,

    /// <summary><c>conversations</c> of <c>from</c> and <c>value</c>: ShareGPT.</summary>
    ShareGpt,

    /// <summary><c>instruction</c>, <c>input</c> (may be absent or empty) and <c>output</c>: Alpaca.</summary>
    Alpaca,

    /// <summary>Two text columns: a question and its answer.</summary>
    Columns,
}

/// <summary>How the rows of a file of training data are read.</summary>
/// <param name="Layout">The recognised layout.</param>
/// <param name="Used">The columns that are read.</param>
/// <param name="Unused">The other columns. With a template those that it does not name.</param>
internal sealed record TrainingFormat(TrainingLayout Layout, IReadOnlyList<string> Used, IReadOnlyList<string> Unused)
{
    private static readonly (TrainingLayout Layout, string[] Needed, string[] Optional)[] Known =
    [
        (TrainingLayout.Ids, ["prompt_ids", "completion_ids"], []),
        (TrainingLayout.Messages, ["messages"], []),
        (TrainingLayout.PromptCompletion, ["prompt", "completion"], []),
        (TrainingLayout.ShareGpt, ["conversations"], ["system"]),
        (TrainingLayout.Alpaca, ["instruction", "output"], ["input", "system"]),
        (TrainingLayout.Columns, ["question", "answer"], []),
        (TrainingLayout.Columns, ["prompt", "response"], []),
        (TrainingLayout.Columns, ["instruction", "response"], []),
        (TrainingLayout.Columns, ["query", "response"], []),
        (TrainingLayout.Columns, ["question", "response"], []),
        (TrainingLayout.Columns, ["input", "output"], []),
    ];

    private static readonly string[] Inputs = ["prompt", "question", "instruction", "input", "query"];

    private static readonly string[] Targets = ["completion", "target", "answer", "output", "response", "label"];

    private static readonly Dictionary<string, string> Roles = new(StringComparer.OrdinalIgnoreCase)
    {
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["chatgpt"] = "assistant",
        ["model"] = "assistant",
        ["bot"] = "assistant",
        ["assistant"] = "assistant",
        ["system"] = "system",
        ["tool"] = "tool",
        ["function"] = "tool",
        ["observation"] = "tool",
    };

    /// <summary>Recognises the layout of a file by the columns of all its rows, unless its columns are named.</summary>
    /// <exception cref="InputException">No known layout has these columns, or there are too many.</exception>
    public static TrainingFormat Of(string path, IReadOnlyList<TableRow> rows, ExampleColumns named)
    {
        string[] columns = [.. Table.ColumnsOf(rows)];
        if (named is { Input: not null } or { Target: not null } or { Template: not null })
        {
            return Named(columns, named);
        }

        (TrainingLayout layout, string[] needed, string[] optional) = Known.FirstOrDefault(k =>
            k.Needed.All(columns.Contains)
        );
        if (needed is null && First(columns, Inputs) is { } input && First(columns, Targets) is { } target)
        {
            string[] pair = [input, target];
            return new TrainingFormat(TrainingLayout.Columns, pair, Rest(columns, [.. pair, .. named.Others ?? []]));
        }

        if (needed is null)
        {
            throw new InputException(
                $"{path}: the columns {string.Join(", ", columns)} are no known layout of {named.Purpose}; known are "
                    + string.Join("; ", LayoutsOf(named.Purpose).Select(k => string.Join(" + ", k.Needed)))
                    + (
                        named.Purpose == ExampleColumns.OfTask
                            ? "; question + options + answer. A task file can name other columns"
                            : ""
                    )
            );
        }

        string[] used = [.. needed, .. optional.Where(columns.Contains)];
        return new TrainingFormat(layout, used, Rest(columns, [.. used, .. named.Others ?? []]));
    }

    // Token ids can be used for training, but not as questions.
    private static IEnumerable<(TrainingLayout Layout, string[] Needed, string[] Optional)> LayoutsOf(string purpose) =>
        Known.Where(k => purpose == ExampleColumns.OfTraining || k.Layout != TrainingLayout.Ids);

    private const string Template = "the template";

    private static TrainingFormat Named(string[] columns, ExampleColumns named)
    {
        string input = named.Input ?? First(columns, Inputs) ?? Inputs[0],
            target = named.Target ?? First([.. columns.Where(c => c != input)], Targets) ?? Targets[0];
        return named.Template is not { } template
            ? new TrainingFormat(
                TrainingLayout.Columns,
                [input, target],
                Rest(columns, [input, target, .. named.Others ?? []])
            )
            : new TrainingFormat(
                TrainingLayout.Columns,
                [Template, target],
                Rest(Unnamed(columns, template), [target, .. named.Others ?? []])
            );
    }

    private static string? First(string[] columns, string[] names) =>
        names
            .Select(n => columns.FirstOrDefault(c => c.Equals(n, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(c => c is not null);

    /// <summary>Returns the columns whose name does not occur in a template. The template may use any of the
    /// others.</summary>
    internal static IEnumerable<string> Unnamed(IEnumerable<string> columns, string template) =>
        columns.Where(c => !template.Contains(c, StringComparison.Ordinal));

    /// <summary>Returns the columns that are not used. A path uses its column: <c>choices.text</c> uses
    /// <c>choices</c>.</summary>
    internal static string[] Rest(IEnumerable<string> columns, string[] used) =>
        [.. columns.Where(c => !used.Any(u => u == c || u.StartsWith(c + ".", StringComparison.Ordinal)))];

    /// <summary>The layout in one line, for messages.</summary>
    public string Description => Described($"{Name}: {string.Join(", ", Used)}", Unused);

    /// <summary>Returns one line with what is used of a file and which columns are not.</summary>
    internal static string Described(string used, IReadOnlyList<string> unused) =>
        used + (unused.Count == 0 ? "" : $"; not used: {string.Join(", ", unused)}");

    private string Name =>
        Layout switch
        {
            TrainingLayout.Ids => "token ids",
            TrainingLayout.Messages => "conversations",
            TrainingLayout.PromptCompletion => "prompts and completions",
            TrainingLayout.ShareGpt => "ShareGPT conversations",
            TrainingLayout.Alpaca => "Alpaca instructions",
            _ => "columns",
        };

    /// <summary>Refuses data with rows that have the same question and differ in a column that is not used. The column
    /// is then probably a part of the question.</summary>
    /// <param name="keys">Where such a column could be named, for the message.</param>
    /// <exception cref="InputException">There are such rows. The message names the first two and the
    /// column.</exception>
    public void CheckUnused(IReadOnlyList<TableRow> rows, string keys)
    {
        // With a template the question is not a column.
        if (Used[0] != Template)
        {
            CheckUnused(rows, [.. Used.Where((_, i) => i != 1 || Layout == TrainingLayout.ShareGpt)], Unused, keys);
        }
    }

    /// <summary>Refuses such rows in a file with other layouts.</summary>
    /// <param name="asked">The columns of the question.</param>
    /// <param name="unused">The columns that are not used.</param>
    /// <param name="keys">Where such a column could be named, for the message.</param>
    internal static void CheckUnused(
        IReadOnlyList<TableRow> rows,
        IReadOnlyList<string> asked,
        IReadOnlyList<string> unused,
        string keys
    )
    {
        HashSet<string> telling = [.. unused.Where(c => !IsIdentifier(c))];
        Dictionary<string, TableRow> seen = new(StringComparer.Ordinal);
        Dictionary<TableRow, string> told = new(ReferenceEqualityComparer.Instance);
        foreach (TableRow row in telling.Count == 0 ? [] : rows)
        {
            string key = string.Join(
                '\u0001',
                asked.Select(c => row.TryFind(c, out JsonNode? value) ? value?.ToJsonString() : null)
            );
            if (seen.TryAdd(key, row))
            {
                continue;
            }

            TableRow first = seen[key];
            string known = told.GetValueOrDefault(first) ?? (told[first] = Told(first, telling));
            string? column =
                Told(row, telling) == known
                    ? null
                    : telling.FirstOrDefault(c => !JsonNode.DeepEquals(row.Values[c], first.Values[c]));
            if (column is not null)
            {
                throw row.Error(
                    $"it has the same question as {first.Place} and differs in the column '{column}', "
                        + $"which is not used; name the column under {keys}, or remove it from the file"
                );
            }
        }
    }

    // What a row says in some columns. A million rows may be compared with one of thousands of columns.
    private static string Told(TableRow row, HashSet<string> columns) =>
        string.Join(
            '\u0001',
            row.Values.Where(v => v.Value is not null && columns.Contains(v.Key))
                .OrderBy(v => v.Key, StringComparer.Ordinal)
                .Select(v => $"{v.Key}\u0001{v.Value!.ToJsonString()}")
        );

    // Whether a column only identifies rows (id, question_id, uuid, index) or is passed through (meta).
    private static bool IsIdentifier(string column) =>
        column.ToLowerInvariant() is "meta" or "index" or "idx" or "key" or "row" or "hash"
        || column.EndsWith("id", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the conversation of a row as messages with <c>role</c> and <c>content</c>; null if the layout
    /// has no conversations.</summary>
    /// <exception cref="InputException">The row does not have the form of its layout.</exception>
    public JsonArray? Conversation(TableRow row) =>
        Layout switch
        {
            TrainingLayout.Messages => (JsonArray)List(row, "messages").DeepClone(),
            TrainingLayout.ShareGpt => ShareGpt(row),
            TrainingLayout.PromptCompletion when AsList(row.Values["prompt"]) is { } prompt => new([
                .. prompt.Concat(List(row, "completion")).Select(m => m?.DeepClone()),
            ]),
            _ => null,
        };

    /// <summary>Returns the value of a column of lists. A list may be a text in JSON, as in CSV files.</summary>
    /// <exception cref="InputException">The value is not a list.</exception>
    public static JsonArray List(TableRow row, string column) =>
        AsList(row.Values[column]) ?? throw row.Error($"'{column}' must be a list");

    /// <summary>Returns a value as a list; null if it is neither a list nor a text that is a list in JSON.</summary>
    public static JsonArray? AsList(JsonNode? value)
    {
        if (value is JsonValue text && text.TryGetValue(out string? json) && json.TrimStart().StartsWith('['))
        {
            try
            {
                return StrictJson.Parse(json) as JsonArray;
            }
            catch (JsonException)
            {
                return null;
            }
        }

        return value as JsonArray;
    }

    private static JsonArray ShareGpt(TableRow row)
    {
        JsonArray messages = [];
        if (row.Values["system"] is JsonValue system && system.TryGetValue(out string? content) && content.Length > 0)
        {
            messages.Add(Message("system", content));
        }

        foreach (JsonNode? turn in List(row, "conversations"))
        {
            JsonObject given = turn as JsonObject ?? throw row.Error("'conversations' must hold objects");
            string from = TextOf(row, given, "from", "role");
            messages.Add(
                Message(
                    Roles.GetValueOrDefault(from)
                        ?? throw row.Error($"'{from}' is no known speaker; known are {string.Join(", ", Roles.Keys)}"),
                    TextOf(row, given, "value", "content")
                )
            );
        }

        return messages;
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static string TextOf(TableRow row, JsonObject turn, params string[] names) =>
        names.Select(n => turn[n]).OfType<JsonValue>().FirstOrDefault() is { } value
        && value.TryGetValue(out string? text)
            ? text
            : throw row.Error($"a turn of 'conversations' needs a text '{string.Join("' or '", names)}'");
}
