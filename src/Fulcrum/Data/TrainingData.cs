using System.Text.Json.Nodes;
using Fulcrum.Prompts;
using Fulcrum.Tokenization;

namespace Fulcrum.Data;

/// <summary>Reads training examples from JSON Lines, as ids, as texts or as conversations.</summary>
public static class TrainingData
{
    private static readonly HashSet<string> Fields = ["prompt", "completion", "prompt_ids", "completion_ids", "messages"];

    /// <summary>Every example of a file; texts are tokenised by the model folder's tokenizer, which ids do not need.</summary>
    /// <exception cref="InputException">A line is malformed, or has nothing to be trained on; names file and line.</exception>
    public static IReadOnlyList<TrainingExample> Read(string path, string modelFolder)
    {
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(modelFolder));
        Lazy<ChatTemplate> template = new(() => ChatTemplate.Load(modelFolder));
        List<TrainingExample> examples = [];
        foreach (JsonLine line in JsonLines.Read(path, Fields))
        {
            (int[] ids, bool[] trained) = Example(line, tokenizer, template, modelFolder);
            string id = line.Value["id"]?.ToString() ?? $"{line.File} line {line.Number}";
            examples.Add(trained.Any(t => t) ? new TrainingExample(id, ids, trained) : throw line.Error("no token of it is trained on: the completion is empty"));
        }

        return examples.Count > 0 ? examples : throw new InputException($"{path} holds no example");
    }

    private static (int[] Ids, bool[] Trained) Example(JsonLine line, Lazy<Tokenizer> tokenizer, Lazy<ChatTemplate> template, string folder)
    {
        JsonObject value = line.Value;
        return (value["prompt_ids"], value["prompt"], value["messages"]) switch
        {
            ({ } prompt, null, null) => Joined(Ids(line, prompt, "prompt_ids"), Ids(line, value["completion_ids"], "completion_ids")),
            (null, { } prompt, null) => Text(line, prompt, tokenizer.Value, folder),
            (null, null, { } messages) => Conversation(line, messages as JsonArray ?? throw line.Error("'messages' must be a list"), tokenizer.Value, template.Value, folder),
            _ => throw line.Error("expected prompt and completion, prompt_ids and completion_ids, or messages"),
        };
    }

    private static (int[] Ids, bool[] Trained) Text(JsonLine line, JsonNode prompt, Tokenizer tokenizer, string folder)
    {
        string before = Text(line, prompt, "prompt"), completion = Text(line, line.Value["completion"], "completion");
        int[] first = tokenizer.Encode(before, addSpecialTokens: true), whole = tokenizer.Encode(before + completion, addSpecialTokens: true);
        int[] behind = whole.AsSpan().StartsWith(first) ? whole[first.Length..] : tokenizer.Encode(completion);
        return Joined(first, [.. behind, End(tokenizer, folder)]);
    }

    /// <summary>Trained on every assistant turn with its end token: what the template adds from the generation prompt to the end of the turn.</summary>
    private static (int[] Ids, bool[] Trained) Conversation(JsonLine line, JsonArray messages, Tokenizer tokenizer, ChatTemplate template, string folder)
    {
        int end = End(tokenizer, folder);
        int[] ids = tokenizer.Encode(template.Render(messages, false));
        bool[] trained = new bool[ids.Length];
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i] is not JsonObject message || (string?)message["role"] != "assistant")
            {
                continue;
            }

            int[] before = tokenizer.Encode(template.Render(Clone(messages, i), true)), after = tokenizer.Encode(template.Render(Clone(messages, i + 1), false));
            if (!ids.AsSpan().StartsWith(before) || !ids.AsSpan()[..Math.Min(ids.Length, after.Length)].SequenceEqual(after.AsSpan()[..Math.Min(ids.Length, after.Length)]))
            {
                throw line.Error($"the chat template renders message {i} differently once more messages follow, so its tokens cannot be told apart; give prompt and completion instead");
            }

            int close = Array.IndexOf(ids, end, before.Length);
            int last = close >= 0 && close < after.Length ? close + 1 : after.Length;
            Array.Fill(trained, true, before.Length, last - before.Length);
        }

        return (ids, trained);
    }

    private static JsonArray Clone(JsonArray messages, int count) => new([.. messages.Take(count).Select(m => m?.DeepClone())]);

    private static int End(Tokenizer tokenizer, string folder) =>
        tokenizer.EosId ?? throw new InputException($"tokenizer_config.json of {folder} names no eos_token, so a completion could not be closed; give prompt_ids and completion_ids instead");

    private static (int[] Ids, bool[] Trained) Joined(int[] prompt, int[] completion) =>
        ([.. prompt, .. completion], [.. Enumerable.Range(0, prompt.Length + completion.Length).Select(i => i >= prompt.Length && i > 0)]);

    private static string Text(JsonLine line, JsonNode? node, string name) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : throw line.Error($"'{name}' must be a text");

    private static int[] Ids(JsonLine line, JsonNode? node, string name) => node is JsonArray list && list.All(i => i is JsonValue v && v.TryGetValue(out int _))
        ? [.. list.Select(i => i!.GetValue<int>())] : throw line.Error($"'{name}' must be a list of token ids");
}
