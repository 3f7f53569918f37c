using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Reads training examples from a file in any of the layouts of <see cref="TrainingLayout"/>.</summary>
public sealed class TrainingData
{
    private readonly string folder;
    private readonly TrainingFormat format;
    private readonly Lazy<Tokenizer> tokenizer;
    private readonly Lazy<ChatTemplate?> template;
    private readonly Lazy<TrainingConversation> conversations;

    private TrainingData(string folder, TrainingFormat format)
    {
        (this.folder, this.format) = (folder, format);
        tokenizer = new(() => Tokenizer.Load(folder));
        template = new(() => ChatTemplate.TryLoad(folder));
        conversations = new(() => new TrainingConversation(tokenizer.Value, Template(), EndTokens()));
    }

    /// <summary>Reads every example of a file. Texts are tokenised by the model folder's tokenizer, which ids do not
    /// need.
    /// </summary>
    /// <param name="note">Called with the recognised layout; null for none.</param>
    /// <param name="warn">Called if training and generation would begin or end in different places; null for
    /// none.</param>
    /// <exception cref="InputException">A row is malformed, or has nothing to be trained on; names file and row.
    /// </exception>
    public static IReadOnlyList<TrainingExample> Read(
        string path,
        string modelFolder,
        Action<string>? note = null,
        Action<string>? warn = null
    )
    {
        IReadOnlyList<TableRow> rows = Table.Reads(path) ? Table.Read(path) : Lines(path);
        TrainingFormat format = TrainingFormat.Of(path, rows);
        RefuseUnknown(format, rows);
        format.CheckUnused(rows);
        note?.Invoke($"training data: {rows.Count} examples, {format.Description}");
        TrainingData data = new(modelFolder, format);
        List<TrainingExample> examples = [.. rows.Select(data.Example)];
        data.Warn(examples, warn);
        return examples;
    }

    // Standard input, and files whose names do not say what they hold, are JSON Lines.
    private static IReadOnlyList<TableRow> Lines(string path)
    {
        TableRow[] rows =
        [
            .. JsonLines.Read(path).Select(l => new TableRow(l.File, $"line {l.Number}", l.Number, l.Value)),
        ];
        return rows.Length > 0 ? rows : throw new InputException($"{path} holds no example");
    }

    // In the layouts of this tool an unknown field is a mistake; data of other tools has columns of all kinds.
    private static void RefuseUnknown(TrainingFormat format, IReadOnlyList<TableRow> rows)
    {
        bool own = format.Layout is TrainingLayout.Ids or TrainingLayout.Messages or TrainingLayout.PromptCompletion;
        if (own && rows.FirstOrDefault(r => format.Unused.Any(r.Values.ContainsKey)) is { } row)
        {
            throw row.Error(
                $"unknown field '{format.Unused.First(row.Values.ContainsKey)}'; known are "
                    + string.Join(", ", format.Used)
            );
        }
    }

    private TrainingExample Example(TableRow row)
    {
        (int[] ids, bool[] trained) = format.Layout switch
        {
            TrainingLayout.Ids => Joined(Ids(row, "prompt_ids"), Ids(row, "completion_ids")),
            TrainingLayout.PromptCompletion when TrainingFormat.AsList(row.Values["prompt"]) is { } prompt =>
                conversations.Value.Encode(row, Concatenated(prompt, TrainingFormat.List(row, "completion"))),
            TrainingLayout.PromptCompletion => OfTexts(Text(row, "prompt"), Text(row, "completion")),
            TrainingLayout.Columns => OfTexts(Text(row, format.Used[0]), Text(row, format.Used[1])),
            TrainingLayout.Alpaca => Alpaca(row),
            _ => conversations.Value.Encode(row, format.Conversation(row)!),
        };
        string id = row.Values["id"]?.ToString() ?? $"{row.File} {row.Place}";
        return trained.Any(t => t)
            ? new TrainingExample(id, ids, trained)
            : throw row.Error("no token of it is trained on: the completion is empty");
    }

    // A model with a chat template is asked in its form; another gets instruction and input as paragraphs.
    private (int[] Ids, bool[] Trained) Alpaca(TableRow row)
    {
        string instruction = Text(row, "instruction"),
            input = Optional(row, "input"),
            system = Optional(row, "system"),
            asked = input.Length == 0 ? instruction : $"{instruction}\n\n{input}";
        if (template.Value is null)
        {
            return OfTexts($"{(system.Length == 0 ? "" : system + "\n\n")}{asked}\n\n", Text(row, "output"));
        }

        JsonArray messages = system.Length == 0 ? [] : [Message("system", system)];
        messages.Add(Message("user", asked));
        messages.Add(Message("assistant", Text(row, "output")));
        return conversations.Value.Encode(row, messages);
    }

    private (int[] Ids, bool[] Trained) OfTexts(string prompt, string completion)
    {
        int[] Encode(string text, bool special) =>
            special ? tokenizer.Value.EncodeInput(text) : tokenizer.Value.Encode(text);
        int[] first = Encode(prompt, true);
        return Joined(first, [.. PairEncoding.Following(Encode, first, prompt, completion, true), End()]);
    }

    private void Warn(IReadOnlyList<TrainingExample> examples, Action<string>? warn)
    {
        IReadOnlyList<int> ends = ModelFolder.EndTokens(folder);
        TrainingExample? open = examples.FirstOrDefault(e => !ends.Contains(e.Ids[Array.LastIndexOf(e.Trained, true)]));
        if (tokenizer.IsValueCreated && ends.Count > 0 && open is not null)
        {
            string last = tokenizer.Value.Decode([open.Ids[Array.LastIndexOf(open.Trained, true)]]);
            warn?.Invoke(
                $"the training example {open.Id} ends with '{last}', which is no end token of the model "
                    + $"({string.Join(", ", ends.Select(e => $"'{tokenizer.Value.Decode([e])}'"))} in "
                    + "generation_config.json "
                    + "or config.json): the trained model may write on where the example ended"
            );
        }

        if (conversations.IsValueCreated && conversations.Value.OtherBeginning is { } prompt)
        {
            warn?.Invoke(
                $"the generation prompt of the chat template ends with '{prompt.ReplaceLineEndings("\\n")}', which the "
                    + "finished turns of the training data do not have: training and generation begin differently"
            );
        }
    }

    private ChatTemplate Template() => template.Value ?? ChatTemplate.Load(folder);

    private int[] EndTokens() =>
        [.. ModelFolder.EndTokens(folder), .. tokenizer.Value.EosId is { } eos ? [eos] : Array.Empty<int>()];

    private int End() =>
        tokenizer.Value.EosId
        ?? throw new InputException(
            $"tokenizer_config.json of {folder} names no eos_token, so a completion cannot be closed; "
                + "give prompt_ids and "
                + "completion_ids instead"
        );

    private static JsonArray Concatenated(JsonArray prompt, JsonArray completion) =>
        new([.. prompt.Concat(completion).Select(m => m?.DeepClone())]);

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static (int[] Ids, bool[] Trained) Joined(int[] prompt, int[] completion) =>
        (
            [.. prompt, .. completion],
            [.. Enumerable.Range(0, prompt.Length + completion.Length).Select(i => i >= prompt.Length && i > 0)]
        );

    private static string Text(TableRow row, string column) =>
        row.Values[column] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw row.Error($"'{column}' must be a text");

    private static string Optional(TableRow row, string column) => row.Values[column] is null ? "" : Text(row, column);

    private static int[] Ids(TableRow row, string column) =>
        row.Values[column] is JsonArray list && list.All(i => i is JsonValue v && v.TryGetValue(out int _))
            ? [.. list.Select(i => i!.GetValue<int>())]
            : throw row.Error($"'{column}' must be a list of token ids");
}
