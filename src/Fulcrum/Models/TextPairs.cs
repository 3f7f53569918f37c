using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Encodes pairs of texts and complete texts as lm-evaluation-harness does. Unlike <see cref="PairEncoding"/>
/// it truncates sequences that are too long.</summary>
/// <param name="contextLength">The longest sequence that the model reads, in tokens.</param>
internal sealed class TextPairs(Tokenizer tokenizer, int contextLength)
{
    /// <summary>Returns the request for a continuation of a prompt.</summary>
    /// <remarks>
    /// White space at the end of the prompt belongs to the continuation. If the prompt by itself has n tokens, the
    /// tokens of the joined text from n on are the continuation's. A sequence that is too long is truncated at its
    /// beginning.
    /// </remarks>
    /// <exception cref="InputException">The continuation has no token of its own, or is longer than the model's
    /// context.</exception>
    public ScoreRequest Pair(string prompt, string continuation)
    {
        ScoreRequest pair = PairEncoding.Encode(
            (text, special) => special ? Encode(text) : tokenizer.Encode(text),
            tokenizer.BosId ?? tokenizer.EosId,
            prompt,
            [continuation],
            special: true,
            ownTokens: false
        );
        int scored = pair.Continuations[0].Length;
        return scored <= contextLength
            ? pair with
            {
                Prompt = pair.Prompt[Math.Max(0, pair.Prompt.Length + scored - contextLength - 1)..],
            }
            : throw new InputException(
                $"the continuation has {scored} tokens, more than the model's context of {contextLength}"
            );
    }

    /// <summary>Returns the requests for a complete text: windows of the size of the model's context, in which each
    /// token is predicted once.</summary>
    /// <exception cref="InputException">The tokenizer has neither a BOS token nor an end token to predict the first
    /// token from.</exception>
    public IReadOnlyList<ScoreRequest> Windows(string text)
    {
        int[] ids = Encode(text),
            whole = [Beginning, .. ids];
        List<ScoreRequest> windows = [];
        for (int done = 0; done < ids.Length; )
        {
            // A full window has one token of context. A short last window has as much as fits.
            int count = Math.Min(contextLength, ids.Length - done),
                end = done + count;
            int start = done == 0 ? 0 : Math.Max(0, end - contextLength);
            windows.Add(new ScoreRequest(whole[start..(done + 1)], [ids[done..end]]));
            done = end;
        }

        return windows;
    }

    /// <summary>Returns the ids of a prompt. It is truncated at its beginning if a reply of
    /// <paramref name="maxNewTokens"/> would not fit after it.</summary>
    /// <exception cref="InputException">The reply itself is longer than the model's context.</exception>
    public int[] Prompt(string prompt, int maxNewTokens)
    {
        int most = contextLength - maxNewTokens;
        int[] ids = Encode(prompt);
        ids = ids.Length == 0 ? [Beginning] : ids;
        return most > 0
            ? ids[Math.Max(0, ids.Length - most)..]
            : throw new InputException(
                $"a reply of {maxNewTokens} tokens does not fit into the model's context of {contextLength}"
            );
    }

    private int Beginning =>
        tokenizer.BosId
        ?? tokenizer.EosId
        ?? throw new InputException(
            "the model's tokenizer names neither a bos_token nor an eos_token, "
                + "so nothing can stand before the first token"
        );

    // Adds the special tokens of the tokenizer, unless the text already begins with the BOS token.
    private int[] Encode(string text)
    {
        int[] plain = tokenizer.Encode(text);
        return plain.Length > 0 && plain[0] == tokenizer.BosId ? plain : tokenizer.Encode(text, addSpecialTokens: true);
    }
}
