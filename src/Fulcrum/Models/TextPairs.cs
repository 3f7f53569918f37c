using Fulcrum.Tokenization;

namespace Fulcrum.Models;

/// <summary>Pairs of texts, and whole texts, as token ids in lm-evaluation-harness' way.</summary>
/// <param name="contextLength">The longest sequence that the model reads, in tokens.</param>
public sealed class TextPairs(Tokenizer tokenizer, int contextLength)
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
        int kept = prompt.Length;
        while (kept > 0 && IsSpace(prompt[kept - 1]))
        {
            kept--;
        }

        (int[] before, int[] scored) =
            prompt.Length == 0 ? Alone(continuation) : Joined(prompt[..kept], prompt[kept..] + continuation);
        if (scored.Length == 0)
        {
            throw new InputException(
                $"the continuation '{Shortened(continuation)}' has no token of its own: it is empty, "
                    + "or its text is part of the prompt's last token"
            );
        }

        return scored.Length <= contextLength
            ? new ScoreRequest(before[Math.Max(0, before.Length + scored.Length - contextLength - 1)..], [scored])
            : throw new InputException(
                $"the continuation has {scored.Length} tokens, more than the model's context of {contextLength}"
            );
    }

    /// <summary>The requests for a whole text: windows of the model's context, each token predicted once.</summary>
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
    /// <exception cref="InputException">The reply alone is longer than the model's context.</exception>
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

    private (int[] Prompt, int[] Continuation) Joined(string prompt, string continuation)
    {
        int[] before = Encode(prompt),
            all = Encode(prompt + continuation);
        return (before.Length == 0 ? [Beginning] : before, all[Math.Min(before.Length, all.Length)..]);
    }

    private (int[] Prompt, int[] Continuation) Alone(string continuation)
    {
        int[] ids = tokenizer.Encode(continuation);
        return ids.Length > 0 && ids[0] == Beginning ? (ids[..1], ids[1..]) : ([Beginning], ids);
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    private static string Shortened(string text) => text.Length > 60 ? text[..60] + "..." : text;
}
