namespace Fulcrum.Models;

/// <summary>Encodes a prompt and its continuations as lm-evaluation-harness 0.4.13 does.</summary>
/// <remarks>
/// White space at the end of the prompt moves to the front of the continuation. Prompt and continuation are tokenised
/// together. If the prompt by itself has n tokens, the tokens from n on are the continuation's. There may be none,
/// because the continuation merged with the prompt's last token. Then the tokens of the continuation by itself are
/// scored, because a log-likelihood of 0 would win every comparison.
/// </remarks>
internal static class PairEncoding
{
    /// <summary>Returns the request for continuations of one prompt.</summary>
    /// <param name="encode">Text to ids; true adds the special tokens of the tokenizer.</param>
    /// <param name="start">The context of an empty prompt: the begin token, otherwise the end token; null if the
    /// tokenizer has neither.</param>
    /// <param name="special">Whether the prompt is plain text and gets special tokens. A rendered template has its
    /// own.</param>
    /// <param name="ownTokens">Whether a continuation that merged with the prompt's last token is scored by its own
    /// tokens; otherwise it is refused.</param>
    /// <exception cref="InputException">A continuation is empty or has no token, or the prompt is empty and there is no
    /// token to begin with.</exception>
    public static ScoreRequest Encode(
        Func<string, bool, int[]> encode,
        int? start,
        string prompt,
        IReadOnlyList<string> continuations,
        bool special,
        bool ownTokens = true
    )
    {
        string head = TrimEnd(prompt),
            space = prompt[head.Length..];
        int[] context = prompt.Length == 0 ? [] : encode(head, special);
        // As in lm-evaluation-harness, white space of the prompt is a continuation even if the continuation itself is
        // empty.
        if (continuations.Any(c => c.Length == 0) && (ownTokens || space.Length == 0))
        {
            throw new InputException("a continuation is empty, so there is no token to score");
        }

        return context.Length == 0
            ? WithoutContext(encode, start, [.. continuations.Select(c => space + c)])
            : new ScoreRequest(
                context,
                [.. continuations.Select(c => After(encode, context, head, space + c, special, ownTokens))]
            );
    }

    /// <summary>Returns the ids of a text that follows another. They are taken from the ids of the joined text if these
    /// begin with the first text's ids. Otherwise they are the ids of the text by itself.</summary>
    /// <param name="context">Ids of <paramref name="head"/>.</param>
    /// <param name="special">As for the first text.</param>
    public static int[] Following(
        Func<string, bool, int[]> encode,
        int[] context,
        string head,
        string text,
        bool special
    )
    {
        int[] whole = encode(head + text, special);
        return whole.AsSpan().StartsWith(context) ? whole[context.Length..] : encode(text, false);
    }

    private static int[] After(
        Func<string, bool, int[]> encode,
        int[] context,
        string head,
        string text,
        bool special,
        bool ownTokens
    )
    {
        int[] whole = encode(head + text, special),
            own = whole.Length > context.Length ? whole[context.Length..]
            : ownTokens ? encode(text, false)
            : [];
        return own.Length > 0 ? own : throw new InputException($"the continuation '{text}' has no token to score");
    }

    private static ScoreRequest WithoutContext(
        Func<string, bool, int[]> encode,
        int? start,
        IReadOnlyList<string> continuations
    )
    {
        int first =
            start
            ?? throw new InputException("the prompt is empty, and the tokenizer names no token to begin a text with");
        int[][] ids = [.. continuations.Select(c => encode(c, false))];
        if (Array.FindIndex(ids, i => i.Length == 0) is >= 0 and var empty)
        {
            throw new InputException($"the continuation '{continuations[empty]}' has no token to score");
        }

        return new ScoreRequest([first], [.. ids.Select(i => i.Length > 1 && i[0] == first ? i[1..] : i)]);
    }

    // Python's rstrip.
    private static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && (char.IsWhiteSpace(text[end - 1]) || text[end - 1] is >= '\u001c' and <= '\u001f'))
        {
            end--;
        }

        return text[..end];
    }
}
