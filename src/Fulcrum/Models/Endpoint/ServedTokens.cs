using Fulcrum.Tokenization;

namespace Fulcrum.Models.Endpoint;

/// <summary>Compares token names in a server's replies with the token ids that were sent.</summary>
/// <param name="tokenizer">The tokenizer of the served model; null: not known, so only ids can be compared.</param>
internal sealed class ServedTokens(Tokenizer? tokenizer)
{
    /// <summary>Why ids cannot be sent as a text.</summary>
    public const string NoText =
        "the server takes texts only, and these token ids are not what the tokenizer makes of their text";

    private const char Broken = '\uFFFD';
    private const string IdPrefix = "token_id:";

    /// <summary>Whether a tokenizer is known.</summary>
    public bool AreKnown => tokenizer is not null;

    /// <summary>Returns the ids of a text, with the special tokens that the tokenizer adds.</summary>
    public int[] Encode(string text) => Known.Encode(text, true);

    /// <summary>Returns the id in a token's name (<c>token_id:17</c>); null if the name is a text.</summary>
    public static int? IdOf(string name) =>
        name.StartsWith(IdPrefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(IdPrefix.Length), out int id)
            ? id
            : null;

    /// <summary>Returns the ids in the names of tokens; null if a name is a text.</summary>
    public static int[]? IdsOf(IReadOnlyList<string> names)
    {
        int?[] ids = [.. names.Select(IdOf)];
        return ids.All(id => id is not null) ? [.. ids.Select(id => id!.Value)] : null;
    }

    /// <summary>Returns whether a token's name in a reply matches an id.</summary>
    /// <exception cref="InputException">Names are texts, and no tokenizer is known.</exception>
    public bool Fits(string name, int id)
    {
        if (IdOf(name) is { } named)
        {
            return named == id;
        }

        string piece = Known.Decode([id], false);
        return piece == name
            || IsWithoutText(name, id)
            || (
                piece.Contains(Broken) && (name.Contains(Broken) || name.StartsWith("bytes:", StringComparison.Ordinal))
            )
            // A single SentencePiece token may lose its leading space.
            || (piece.Length > 0 && name.Length > 0 && piece.TrimStart(' ') == name.TrimStart(' '));
    }

    /// <summary>Returns whether llama.cpp's grammar can force a token: it is neither special nor a part of a
    /// character.</summary>
    /// <remarks>Without a tokenizer the result is always true, and the server refuses tokens that it cannot
    /// force.</remarks>
    public bool CanBeForced(int id) =>
        tokenizer is null || tokenizer.Decode([id], true) is { Length: > 0 } piece && !piece.Contains(Broken);

    /// <summary>Returns the text that the server tokenises to exactly these ids.</summary>
    /// <exception cref="InputException">There is none, or no tokenizer is known.</exception>
    public string Text(int[] ids) => TextOrNull(ids) ?? throw new InputException(NoText);

    /// <summary>Returns whether there is a text that the server tokenises to exactly these ids.</summary>
    public bool IsText(int[] ids) => TextOrNull(ids) is not null;

    private string? TextOrNull(int[] ids)
    {
        int[] added = Known.Encode("", true);
        bool begins = added.Length > 0 && ids.AsSpan().StartsWith(added);
        string text = Known.Decode(begins ? ids[added.Length..] : ids, false);
        return Known.Encode(text, true).AsSpan().SequenceEqual(ids) ? text : null;
    }

    private Tokenizer Known =>
        tokenizer
        ?? throw new InputException(
            "the server takes or names tokens by their text only, so the model's tokenizer must be named"
        );

    // Some servers show special tokens and parts of characters as an empty text.
    private bool IsWithoutText(string name, int id) =>
        name.Length == 0 && !(Known.Decode([id], true) is { Length: > 0 } shown && !shown.Contains(Broken));
}
