using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Reads training examples from JSON Lines, as ids, as texts or as conversations.</summary>
public static class TrainingData
{
    private static readonly HashSet<string> Fields =
    [
        "prompt",
        "completion",
        "prompt_ids",
        "completion_ids",
        "messages",
    ];

    /// <summary>Every example of a file; texts are tokenised by the model folder's tokenizer, which ids do not
    /// need.</summary>
    /// <exception cref="InputException">A line is malformed, or has nothing to be trained on; names file and
    /// line.</exception>
    public static IReadOnlyList<TrainingExample> Read(string path, string modelFolder)
    {
        Lazy<Tokenizer> tokenizer = new(() => Tokenizer.Load(modelFolder));
        Lazy<ChatTemplate> template = new(() => ChatTemplate.Load(modelFolder));
        List<TrainingExample> examples = [];
        foreach (JsonLine line in JsonLines.Read(path, Fields))
        {
            (int[] ids, bool[] trained) = Example(line, tokenizer, template, modelFolder);
            string id = line.Value["id"]?.ToString() ?? $"{line.File} line {line.Number}";
            examples.Add(
                trained.Any(t => t)
                    ? new TrainingExample(id, ids, trained)
                    : throw line.Error("no token of it is trained on: the completion is empty")
            );
        }

        return examples.Count > 0 ? examples : throw new InputException($"{path} holds no example");
    }

    private static (int[] Ids, bool[] Trained) Example(
        JsonLine line,
        Lazy<Tokenizer> tokenizer,
        Lazy<ChatTemplate> template,
        string folder
    )
    {
        JsonObject value = line.Value;
        return (value["prompt_ids"], value["prompt"], value["messages"]) switch
        {
            ({ } prompt, null, null) => Joined(
                Ids(line, prompt, "prompt_ids"),
                Ids(line, value["completion_ids"], "completion_ids")
            ),
            (null, { } prompt, null) => Text(line, prompt, tokenizer.Value, folder),
            (null, null, { } messages) => Conversation(
                line,
                messages as JsonArray ?? throw line.Error("'messages' must be a list"),
                tokenizer.Value,
                template.Value,
                folder
            ),
            _ => throw line.Error("expected prompt and completion, prompt_ids and completion_ids, or messages"),
        };
    }

    private static (int[] Ids, bool[] Trained) Text(JsonLine line, JsonNode prompt, Tokenizer tokenizer, string folder)
    {
        string before = Text(line, prompt, "prompt"),
            completion = Text(line, line.Value["completion"], "completion");
        int[] first = tokenizer.Encode(before, addSpecialTokens: true),
            whole = tokenizer.Encode(before + completion, addSpecialTokens: true);
        int[] behind = whole.AsSpan().StartsWith(first) ? whole[first.Length..] : tokenizer.Encode(completion);
        return Joined(first, [.. behind, End(tokenizer, folder)]);
    }

    /// <summary>Trained on every assistant turn with its end token: what the template writes behind the generation
    /// prompt, to the first token that ends a completion.</summary>
    private static (int[] Ids, bool[] Trained) Conversation(
        JsonLine line,
        JsonArray messages,
        Tokenizer tokenizer,
        ChatTemplate template,
        string folder
    )
    {
        string text = Rendered(line, template, messages, messages.Count, false);
        int[] ids = tokenizer.Encode(text),
            ends = [.. ModelFolder.EndTokens(folder), .. tokenizer.EosId is { } eos ? [eos] : Array.Empty<int>()];
        bool[] trained = new bool[ids.Length];
        for (int i = 0; i < messages.Count; i++)
        {
            if (
                (messages[i] as JsonObject)?["role"] is JsonValue role
                && role.TryGetValue(out string? name)
                && name == "assistant"
            )
            {
                (int from, int to) = Turn(line, template, messages, i, text);
                // A token that reaches from the prompt into the turn belongs to the turn.
                int start = Tokens(ids, tokenizer, text[..from]),
                    last = Tokens(ids, tokenizer, text[..to]),
                    close = ids.AsSpan(start).IndexOfAny(ends);
                Array.Fill(trained, true, start, close >= 0 && start + close < last ? close + 1 : last - start);
            }
        }

        return (ids, trained);
    }

    /// <summary>Where the text of an assistant's message begins, behind the generation prompt, and where the template's
    /// text for the message ends at the latest.</summary>
    private static (int From, int To) Turn(JsonLine line, ChatTemplate template, JsonArray messages, int i, string text)
    {
        string history = Rendered(line, template, messages, i, false),
            prompt = Rendered(line, template, messages, i, true),
            turn = Rendered(line, template, messages, i + 1, false);
        if (text.StartsWith(history, StringComparison.Ordinal))
        {
            return (Shared(text, prompt), text.StartsWith(turn, StringComparison.Ordinal) ? turn.Length : text.Length);
        }

        // The template writes what came before in another way once more follows: the turn is then found by writing
        // another text in its place.
        JsonArray other = Clone(messages, messages.Count);
        if (
            other[i]!["content"] is not JsonValue content
            || !content.TryGetValue(out string? written)
            || written.Length == 0
        )
        {
            throw line.Error(
                $"the chat template writes the messages before message {i} differently once more follow, so its tokens cannot be told apart; give prompt and completion instead"
            );
        }

        other[i]!["content"] = "\u0001";
        int start = Shared(text, Rendered(line, template, other, other.Count, false));
        return start < text.Length
            ? (start, text.Length)
            : throw line.Error($"the chat template leaves out message {i}, so it cannot be trained on");
    }

    private static string Rendered(JsonLine line, ChatTemplate template, JsonArray messages, int count, bool prompt)
    {
        try
        {
            return count == 0 && !prompt ? "" : template.Render(Clone(messages, count), prompt);
        }
        catch (InputException) when (count == 0)
        {
            return ""; // many templates look at the first message, be there one or not
        }
        catch (InputException e)
        {
            throw line.Error(e.Message);
        }
    }

    private static int Shared(string a, string b) => a.AsSpan().CommonPrefixLength(b);

    // How many of the whole text's tokens lie within its beginning.
    private static int Tokens(int[] whole, Tokenizer tokenizer, string beginning) =>
        whole.AsSpan().CommonPrefixLength(tokenizer.Encode(beginning));

    private static JsonArray Clone(JsonArray messages, int count) =>
        new([.. messages.Take(count).Select(m => m?.DeepClone())]);

    private static int End(Tokenizer tokenizer, string folder) =>
        tokenizer.EosId
        ?? throw new InputException(
            $"tokenizer_config.json of {folder} names no eos_token, so a completion could not be closed; give prompt_ids and completion_ids instead"
        );

    private static (int[] Ids, bool[] Trained) Joined(int[] prompt, int[] completion) =>
        (
            [.. prompt, .. completion],
            [.. Enumerable.Range(0, prompt.Length + completion.Length).Select(i => i >= prompt.Length && i > 0)]
        );

    private static string Text(JsonLine line, JsonNode? node, string name) =>
        node is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw line.Error($"'{name}' must be a text");

    private static int[] Ids(JsonLine line, JsonNode? node, string name) =>
        node is JsonArray list && list.All(i => i is JsonValue v && v.TryGetValue(out int _))
            ? [.. list.Select(i => i!.GetValue<int>())]
            : throw line.Error($"'{name}' must be a list of token ids");
}
