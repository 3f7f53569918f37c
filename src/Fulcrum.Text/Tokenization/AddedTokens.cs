using System.Buffers;
using System.Text;

namespace Fulcrum.Tokenization;

/// <summary>A token that is found in a text before the text is split into words, such as
/// <c>&lt;|im_end|&gt;</c>.</summary>
internal sealed record AddedToken(
    int Id,
    string Content,
    bool SingleWord,
    bool LeftStrip,
    bool RightStrip,
    bool Normalized,
    bool Special
);

/// <summary>Finds added tokens in a text: the leftmost match, and the longest of several at the same place.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, (string Text, AddedToken Token)[]> byFirst;
    private readonly SearchValues<char> firsts;

    /// <param name="tokens">The tokens with the texts to find: for a normalized token its normalised content.</param>
    public AddedTokens(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        byFirst = tokens
            .Where(t => t.Text.Length > 0)
            .GroupBy(t => t.Text[0])
            .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Text.Length).ToArray());
        firsts = SearchValues.Create([.. byFirst.Keys]);
    }

    /// <summary>Reads the <c>added_tokens</c> of a <c>tokenizer.json</c>.</summary>
    public static IReadOnlyList<AddedToken> Parse(JsonFile file) =>
        file.Root["added_tokens"] is null
            ? []
            :
            [
                .. file.List(file.Root, "added_tokens")
                    .Select(t => new AddedToken(
                        file.Whole(t, "id") is >= 0 and < BpeModel.LargestVocabulary and var id
                            ? id
                            : throw file.Error($"an added token has the id {file.Whole(t, "id")}"),
                        file.Text(t, "content"),
                        file.Flag(t, "single_word"),
                        file.Flag(t, "lstrip"),
                        file.Flag(t, "rstrip"),
                        file.Flag(t, "normalized"),
                        file.Flag(t, "special")
                    ))
                    .Where(t => t.Content.Length > 0),
            ];

    /// <summary>Splits a piece into added tokens and the parts between them, in order, without empty parts.</summary>
    /// <remarks>The same results as the tokenizers library, also for tokens that overlap.</remarks>
    public void Split(Piece piece, List<(Piece Part, AddedToken? Token)> into)
    {
        ReadOnlySpan<char> text = piece.Span;
        int start = 0,
            at = 0;
        while (at < text.Length && text[at..].IndexOfAny(firsts) is >= 0 and int offset)
        {
            at += offset;
            if (At(text[at..]) is not { Token: { } token } found)
            {
                at++;
                continue;
            }

            int left = at,
                right = at + found.Text.Length;
            at = right; // not behind spaces that the token takes: a token may begin within them
            if (token.SingleWord && !IsAlone(text, left, right))
            {
                continue; // the characters of a rejected match are not searched again
            }

            while (token.LeftStrip && left > start && char.IsWhiteSpace(text[left - 1]))
            {
                left--;
            }

            left = token.LeftStrip ? Math.Max(left, start) : left;

            while (token.RightStrip && right < text.Length && char.IsWhiteSpace(text[right]))
            {
                right++;
            }

            if (left > start)
            {
                into.Add((piece.Part(start, left - start), null));
            }

            if (right > left)
            {
                into.Add((piece.Part(left, right - left), token));
            }

            start = right;
        }

        if (start < text.Length)
        {
            into.Add((piece.Part(start, text.Length - start), null));
        }
    }

    private (string Text, AddedToken? Token) At(ReadOnlySpan<char> text)
    {
        foreach ((string Text, AddedToken Token) candidate in byFirst[text[0]])
        {
            if (text.StartsWith(candidate.Text))
            {
                return candidate;
            }
        }

        return default;
    }

    private static bool IsAlone(ReadOnlySpan<char> text, int left, int right)
    {
        _ = Rune.DecodeLastFromUtf16(text[..left], out Rune before, out _);
        _ = Rune.DecodeFromUtf16(text[right..], out Rune behind, out _);
        return (left == 0 || !IsWord(before)) && (right == text.Length || !IsWord(behind));
    }

    private static bool IsWord(Rune c) => CharacterClass.IsWord(c.Value) || c.Value is 0x200c or 0x200d;
}
