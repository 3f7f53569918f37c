using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Data.Hub;
using Fulcrum.Templates;

namespace Fulcrum.Models;

/// <summary>A data file of questions with their answers. Training and evaluation read files through it, so that both
/// understand a file in the same way.</summary>
internal sealed class ExampleFile
{
    private const string Assistant = "assistant";

    private readonly ExampleColumns columns;
    private readonly TextTemplate? template;

    private ExampleFile(
        IReadOnlyList<TableRow> rows,
        TrainingFormat format,
        ExampleColumns columns,
        TextTemplate? template
    ) => (Rows, Format, this.columns, this.template) = (rows, format, columns, template);

    /// <summary>All rows in the order of the file.</summary>
    public IReadOnlyList<TableRow> Rows { get; }

    /// <summary>How the rows are read.</summary>
    public TrainingFormat Format { get; }

    /// <summary>Reads a file and recognises its layout, unless the columns are named.</summary>
    /// <exception cref="InputException">The file is missing or malformed, its layout is unknown, or rows differ only in
    /// a column that is not used. The message names file and line.</exception>
    public static ExampleFile Open(string path, ExampleColumns columns)
    {
        IReadOnlyList<TableRow> rows =
            Table.Reads(path) || DataSplit.IsInFolder(path) ? DataSplit.Open(path).Rows() : Lines(path);
        TextTemplate? template = columns.Template is { } text ? new TextTemplate(text) : null;
        TrainingFormat format = TrainingFormat.Of(path, rows, columns);
        format.CheckUnused(rows, columns.Keys);
        return new ExampleFile(rows, format, columns, template);
    }

    /// <summary>Returns the same rows with prompts as conversations or as plain text.</summary>
    public ExampleFile WithPrompts(bool chat) => new(Rows, Format, columns with { Chat = chat }, template);

    /// <summary>Returns the question of a row as text, without system message and earlier turns.</summary>
    /// <exception cref="InputException">The row does not have the form of its layout.</exception>
    public string InputOf(TableRow row) =>
        Format.Layout switch
        {
            _ when template is not null => template.Of(row),
            TrainingLayout.Columns => row.Text(Format.Used[0]),
            TrainingLayout.PromptCompletion when Conversation(row) is null => row.Text("prompt"),
            TrainingLayout.Alpaca => Alpaca(row),
            TrainingLayout.Ids => throw row.Error("a row of token ids can be used for training, but not as a question"),
            _ => Asking(row).LastOrDefault(m => m.Role == "user")?.Content ?? "",
        };

    /// <summary>Returns the reference answers of a row, the preferred one first.</summary>
    /// <exception cref="InputException">The row has none.</exception>
    public IReadOnlyList<string> TargetsOf(TableRow row)
    {
        IReadOnlyList<string> targets =
            IsConversation(row) && Format.Layout != TrainingLayout.Alpaca
                ? [Content(row, Reply(row))]
                : row.NamedTexts(Format.Used[1]);
        return targets.Count > 0
            ? targets
            : throw row.Error($"the column '{Format.Used[1]}' has an empty list, so there is no reference answer");
    }

    /// <summary>Returns the prompt of a row, with worked examples before the question.</summary>
    /// <exception cref="InputException">As for <see cref="InputOf"/>.</exception>
    public Prompt PromptOf(TableRow row, IReadOnlyList<(string Input, string Target)>? examples = null)
    {
        if (Format.Layout == TrainingLayout.Alpaca || !IsConversation(row))
        {
            string? system = Format.Layout == TrainingLayout.Alpaca ? SystemOf(row) : columns.System;
            return Prompt.Of(columns.Chat ?? false, system, InputOf(row), examples ?? []);
        }

        return columns.Chat == false
            ? throw row.Error(
                "a conversation cannot be a prompt in plain text; set 'prompt' to chat, or name the columns"
            )
            : Prompt.After(Asking(row), examples ?? []);
    }

    /// <summary>Returns a row as a training example.</summary>
    /// <param name="id">Names the example in reports.</param>
    /// <exception cref="InputException">The row does not have the form of its layout.</exception>
    public TrainingText TrainingOf(TableRow row, string id, string cluster)
    {
        string place = $"{row.File} {row.Place}";
        if (Format.Layout == TrainingLayout.Ids)
        {
            TrainingIds ids = new(Ids(row, "prompt_ids"), Ids(row, "completion_ids"));
            return new TrainingText(id, cluster, new Prompt.Text(""), "", Place: place) { Ids = ids };
        }

        if (IsConversation(row))
        {
            JsonArray messages = Conversation(row)!;
            int last = messages.ToList().FindLastIndex(m => RoleOf(m) == Assistant);
            Prompt.Chat before = new([.. Texts(messages.Take(Math.Max(0, last)))]);
            string reply = last < 0 ? "" : Texts([messages[last]]).FirstOrDefault()?.Content ?? "";
            return new TrainingText(id, cluster, before, reply, messages, Place: place);
        }

        string completion = Completion(row);
        return Format.Layout == TrainingLayout.Alpaca
            ? new TrainingText(id, cluster, new Prompt.Text(AlpacaText(row)), completion, Place: place)
            : new TrainingText(id, cluster, PromptOf(row), completion, Place: place);
    }

    // Standard input, and files without a known ending, are read as JSON Lines.
    private static IReadOnlyList<TableRow> Lines(string path)
    {
        TableRow[] rows =
        [
            .. JsonLines.Read(path).Select(l => new TableRow(l.File, $"line {l.Number}", l.Number, l.Value)),
        ];
        return rows.Length > 0 ? rows : throw new InputException($"{path} holds no example");
    }

    private string Completion(TableRow row)
    {
        string column = Format.Used[1];
        return Format.Layout == TrainingLayout.Columns ? row.Text(column)
            : row.Values[column] is JsonValue value && value.TryGetValue(out string? text) ? text
            : throw row.Error($"'{column}' must be a text");
    }

    private bool IsConversation(TableRow row) =>
        Format.Layout switch
        {
            TrainingLayout.Messages or TrainingLayout.ShareGpt => true,
            TrainingLayout.Alpaca => columns.Chat ?? false,
            TrainingLayout.PromptCompletion => Format.Conversation(row) is not null,
            _ => false,
        };

    // Returns all messages of a row; null if its layout has texts.
    private JsonArray? Conversation(TableRow row)
    {
        JsonArray? messages =
            Format.Layout == TrainingLayout.Alpaca
                ?
                [
                    .. SystemOf(row) is { } system ? [Message("system", system)] : Array.Empty<JsonNode>(),
                    Message("user", Alpaca(row)),
                    Message(Assistant, Completion(row)),
                ]
                : Format.Conversation(row);
        bool begins = messages is { Count: > 0 } && RoleOf(messages[0]) == "system";
        if (messages is not null && columns.System is { } own && !begins)
        {
            messages.Insert(0, Message("system", own));
        }

        return messages;
    }

    private IReadOnlyList<Message> Asking(TableRow row)
    {
        JsonArray messages = Conversation(row)!;
        _ = Reply(row);
        return [.. messages.SkipLast(1).Select(m => new Message(RoleOf(m), Content(row, m)))];
    }

    private JsonNode Reply(TableRow row) =>
        Conversation(row)!.LastOrDefault() is JsonObject last && RoleOf(last) == Assistant
            ? last
            : throw row.Error(
                "the conversation does not end with an assistant's message, so there is no reference answer"
            );

    private static string Content(TableRow row, JsonNode? message) =>
        (message as JsonObject)?["content"] is JsonValue content && content.TryGetValue(out string? text)
            ? text
            : throw row.Error("a message of the conversation has no text as 'content'");

    private static IEnumerable<Message> Texts(IEnumerable<JsonNode?> messages) =>
        messages
            .OfType<JsonObject>()
            .Where(m => m["content"] is JsonValue content && content.TryGetValue(out string? _))
            .Select(m => new Message(RoleOf(m), m["content"]!.GetValue<string>()));

    private static string RoleOf(JsonNode? message) => (message as JsonObject)?["role"]?.ToString() ?? "";

    private static string Alpaca(TableRow row)
    {
        string instruction = row.Text("instruction"),
            input = Optional(row, "input");
        return input.Length == 0 ? instruction : $"{instruction}\n\n{input}";
    }

    private string AlpacaText(TableRow row) =>
        $"{(SystemOf(row) is { } system ? system + "\n\n" : "")}{Alpaca(row)}\n\n";

    private string? SystemOf(TableRow row) => Optional(row, "system") is { Length: > 0 } own ? own : columns.System;

    private static string Optional(TableRow row, string column) => row.Values[column] is null ? "" : row.Text(column);

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static int[] Ids(TableRow row, string column) =>
        row.Values[column] is JsonArray list && list.All(i => i is JsonValue v && v.TryGetValue(out int _))
            ? [.. list.Select(i => i!.GetValue<int>())]
            : throw row.Error($"'{column}' must be a list of token ids");
}
