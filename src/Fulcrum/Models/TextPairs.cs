using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Pairs of texts, and complete texts, as token ids in lm-evaluation-harness' way.</summary>
/// <param name="contextLength">The longest sequence that the model reads, in tokens.</param>
internal sealed class TextPairs(Tokenizer tokenizer, int contextLength)
{
    /// <summary>The request for a continuation after a prompt.</summary>
    /// <remarks>
    /// White space at the prompt's end belongs to the continuation. The continuation's tokens are those of the joined
    /// text from the number of the prompt's own tokens on. Of a sequence that is too long the end is kept.
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

    /// <summary>The requests for a complete text: windows of the model's context, each token predicted once.</summary>
    /// <exception cref="InputException">The tokenizer has neither a BOS token nor an end token to predict the first
    /// token from.</exception>
    public IReadOnlyList<ScoreRequest> Windows(string text)
    {
        int[] ids = Encode(text),
            whole = [Beginning, .. ids];
        List<ScoreRequest> windows = [];
        for (int done = 0; done < ids.Length; )
        {
            // One token of context for a full window; a short last one gets as much as fits.
            int count = Math.Min(contextLength, ids.Length - done),
                end = done + count;
            int start = done == 0 ? 0 : Math.Max(0, end - contextLength);
            windows.Add(new ScoreRequest(whole[start..(done + 1)], [ids[done..end]]));
            done = end;
        }

        return windows;
    }

    /// <summary>A prompt's ids, its end kept where a reply of <paramref name="maxNewTokens"/> would not fit behind
    /// it.</summary>
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

    // Special tokens are those that the tokenizer adds; none where the text begins with the BOS token itself.
    private int[] Encode(string text)
    {
        int[] plain = tokenizer.Encode(text);
        return plain.Length > 0 && plain[0] == tokenizer.BosId ? plain : tokenizer.Encode(text, addSpecialTokens: true);
    }
}
