namespace Fulcrum.Torch.Inference;

/// <summary>Finds draft tokens: those that followed the same tokens at an earlier place (prompt lookup decoding,
/// A. Saxena, 2023).</summary>
internal static class PromptLookup
{
    /// <summary>Maximum number of tokens that are compared. After more equal tokens hardly more drafts are
    /// accepted.</summary>
    public const int Longest = 8;

    /// <summary>Finds the longest end of a sequence that also occurs in a text, and there its last occurrence that a
    /// token follows.</summary>
    /// <param name="text">The sequence itself, or another text.</param>
    /// <param name="sequence">The tokens so far.</param>
    /// <returns>The number of equal tokens, and the index in <paramref name="text"/> of the token that follows them; 0
    /// and 0 if none is.</returns>
    public static (int Equal, int Next) Find(ReadOnlySpan<int> text, ReadOnlySpan<int> sequence)
    {
        (int Equal, int Next) found = (0, 0);
        for (int equal = 1; equal <= Math.Min(Longest, sequence.Length) && text.Length > equal; equal++)
        {
            int at = text[..^1].LastIndexOf(sequence[^equal..]);
            if (at < 0)
            {
                break;
            }

            found = (equal, at + equal);
        }

        return found;
    }

    /// <summary>Copies tokens of a text. After the text's last token it continues with the tokens
    /// that it has copied, so that a repetition is continued.</summary>
    /// <param name="next">Index of the first token.</param>
    /// <param name="count">Maximum number of tokens.</param>
    /// <param name="end">A value at which the copy ends.</param>
    public static int[] Copy(ReadOnlySpan<int> text, int next, int count, int end)
    {
        int[] copy = new int[count];
        for (int i = 0; i < count; i++)
        {
            copy[i] = next + i < text.Length ? text[next + i] : copy[next + i - text.Length];
            if (copy[i] == end)
            {
                return copy[..i];
            }
        }

        return copy;
    }
}
