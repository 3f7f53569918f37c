namespace Fulcrum.Tokenization;

/// <summary>A token that is recognised in the text before anything else.</summary>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);

/// <summary>Finds added tokens in a text: at the leftmost place, the longest.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, AddedToken[]> byFirst;
    private readonly System.Buffers.SearchValues<char> firsts;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        byFirst = tokens.GroupBy(t => t.Content[0]).ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Content.Length).ToArray());
        firsts = System.Buffers.SearchValues.Create([.. byFirst.Keys]);
    }

    /// <summary>Reads the <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
    public static IReadOnlyList<AddedToken> Parse(JsonFile file) => file.Root["added_tokens"] is null ? [] :
    [
        .. file.List(file.Root, "added_tokens").Select(t => new AddedToken(
            file.Whole(t, "id"), file.Text(t, "content") is { Length: > 0 } content ? content : throw file.Error("an added token is empty"),
            file.Flag(t, "single_word"), file.Flag(t, "lstrip"), file.Flag(t, "rstrip"), file.Flag(t, "normalized"), file.Flag(t, "special"))),
    ];

    /// <summary>Cuts a text into plain parts (no token) and added tokens, in order; empty parts are left out.</summary>
    public IEnumerable<(string Text, AddedToken? Token)> Split(string text)
    {
        int start = 0, at = 0;
        while (at < text.Length && text.AsSpan(at).IndexOfAny(firsts) is >= 0 and int offset)
        {
            at += offset;
            if (TokenAt(text, at) is not { } token)
            {
                at++;
                continue;
            }

            int left = at, right = at + token.Content.Length;
            while (token.LeftStrip && left > start && char.IsWhiteSpace(text[left - 1]))
            {
                left--;
            }

            while (token.RightStrip && right < text.Length && char.IsWhiteSpace(text[right]))
            {
                right++;
            }

            if (left > start)
            {
                yield return (text[start..left], null);
            }

            yield return (token.Content, token);
            start = at = right;
        }

        if (start < text.Length)
        {
            yield return (text[start..], null);
        }
    }

    private AddedToken? TokenAt(string text, int at)
    {
        foreach (AddedToken token in byFirst[text[at]])
        {
            if (string.CompareOrdinal(text, at, token.Content, 0, token.Content.Length) == 0)
            {
                int end = at + token.Content.Length;
                bool alone = (at == 0 || !IsWord(text[at - 1])) && (end == text.Length || !IsWord(text[end]));
                return token.SingleWord && !alone ? null : token;
            }
        }

        return null;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
