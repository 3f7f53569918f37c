using System.Text.Json.Nodes;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Turns a conversation into ids, with every assistant turn marked as trained.</summary>
/// <param name="endTokens">Ids that end a completion.</param>
/// <param name="variables">Variables of the chat template; null: none.</param>
internal sealed class TrainingConversation(
    Tokenizer tokenizer,
    ChatTemplate template,
    IReadOnlyList<int> endTokens,
    IReadOnlyDictionary<string, JsonNode?>? variables = null
)
{
    /// <summary>The part of the generation prompt with which an assistant turn does not begin; null if all turns begin
    /// with the generation prompt.</summary>
    public string? OtherBeginning { get; private set; }

    /// <summary>Returns the ids of a conversation. The trained tokens of an assistant turn are those after the
    /// generation prompt, up to and including the first end token.</summary>
    /// <exception cref="InputException">The template refuses the conversation, or its turns cannot be located in the
    /// rendered text.</exception>
    public (int[] Ids, bool[] Trained) Encode(TrainingText example, JsonArray messages)
    {
        string text = Rendered(example, messages, messages.Count, false);
        int[] ids = tokenizer.Encode(text),
            ends = [.. endTokens];
        bool[] trained = new bool[ids.Length];
        for (int i = 0; i < messages.Count; i++)
        {
            if (IsAssistant(messages[i]))
            {
                (int from, int to) = Turn(example, messages, i, text);
                // A token that spans the boundary between prompt and turn belongs to the turn.
                int start = Tokens(ids, text[..from]),
                    last = Tokens(ids, text[..to]),
                    close = ids.AsSpan(start).IndexOfAny(ends);
                Array.Fill(trained, true, start, close >= 0 && start + close < last ? close + 1 : last - start);
            }
        }

        return (ids, trained);
    }

    private static bool IsAssistant(JsonNode? message) =>
        (message as JsonObject)?["role"] is JsonValue role && role.TryGetValue(out string? name) && name == "assistant";

    // Returns the start of an assistant's message in the rendered text, after the generation prompt, and an upper bound
    // of its end.
    private (int From, int To) Turn(TrainingText example, JsonArray messages, int i, string text)
    {
        string history = Rendered(example, messages, i, false),
            prompt = Rendered(example, messages, i, true),
            turn = Rendered(example, messages, i + 1, false);
        if (text.StartsWith(history, StringComparison.Ordinal))
        {
            int shared = Shared(text, prompt);
            OtherBeginning ??= shared < prompt.Length ? prompt[shared..] : null;
            return (shared, text.StartsWith(turn, StringComparison.Ordinal) ? turn.Length : text.Length);
        }

        return ByReplacement(example, messages, i, text);
    }

    // Some templates render earlier messages differently once more messages follow. The turn is then located by
    // rendering the conversation with another text in its place.
    private (int From, int To) ByReplacement(TrainingText example, JsonArray messages, int i, string text)
    {
        JsonArray other = Clone(messages, messages.Count);
        if (
            other[i]!["content"] is not JsonValue content
            || !content.TryGetValue(out string? written)
            || written.Length == 0
        )
        {
            throw example.Error(
                $"the chat template writes the messages before message {i} differently once more follow, so its tokens "
                    + "cannot be told apart; give prompt and completion instead"
            );
        }

        other[i]!["content"] = "\u0001";
        int start = Shared(text, Rendered(example, other, other.Count, false));
        return start < text.Length
            ? (start, text.Length)
            : throw example.Error($"the chat template leaves out message {i}, so it cannot be trained on");
    }

    private string Rendered(TrainingText example, JsonArray messages, int count, bool prompt)
    {
        try
        {
            return count == 0 && !prompt ? ""
                : count == messages.Count ? template.Render(Clone(messages, count), prompt, variables)
                : template.RenderAny(Clone(messages, count), prompt, variables);
        }
        catch (InputException) when (count == 0)
        {
            return ""; // many templates fail without a first message
        }
        catch (InputException e)
        {
            throw example.Error(e.Message);
        }
    }

    private static int Shared(string a, string b) => a.AsSpan().CommonPrefixLength(b);

    // Returns the number of tokens of the text that lie within its beginning.
    private int Tokens(int[] whole, string beginning) => whole.AsSpan().CommonPrefixLength(tokenizer.Encode(beginning));

    private static JsonArray Clone(JsonArray messages, int count) =>
        new([.. messages.Take(count).Select(m => m?.DeepClone())]);
}
