using Fulcrum.Tokenization;

namespace Fulcrum.Models.Endpoint;

/// <summary>Tokens as a server names them, against those that were meant.</summary>
/// <param name="tokenizer">Of the model that is served; null: none was named, so only ids can be compared.</param>
internal sealed class ServedTokens(Tokenizer? tokenizer)
{
    /// <summary>Why ids cannot be sent as a text.</summary>
    public const string NoText =
        "the server takes texts only, and these token ids are not what the tokenizer makes of their text";

    private const char Broken = '\uFFFD';
    private const string IdPrefix = "token_id:";

    /// <summary>Whether texts can become ids and back.</summary>
    public bool AreKnown => tokenizer is not null;

    /// <summary>Ids of a text, with the special tokens that the tokenizer adds.</summary>
    public int[] Encode(string text) => Known.Encode(text, true);

    /// <summary>The id that a server's name of a token tells; null where it is a text.</summary>
    public static int? IdOf(string name) =>
        name.StartsWith(IdPrefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(IdPrefix.Length), out int id)
            ? id
            : null;

    /// <summary>Whether a server's name of a token fits an id.</summary>
    /// <exception cref="InputException">The server names tokens by their texts, and no tokenizer is known.</exception>
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
            // A SentencePiece token alone may lose the blank that it begins with.
            || (piece.Length > 0 && name.Length > 0 && piece.TrimStart(' ') == name.TrimStart(' '));
    }

    /// <summary>Whether llama.cpp's grammar can force a token: no special token and no part of a character.</summary>
    /// <remarks>Without a tokenizer every token is taken for such a one, until the server says otherwise.</remarks>
    public bool CanBeForced(int id) =>
        tokenizer is null || tokenizer.Decode([id], true) is { Length: > 0 } piece && !piece.Contains(Broken);

    /// <summary>The text that a server turns into exactly these ids.</summary>
    /// <exception cref="InputException">There is none, or no tokenizer is known.</exception>
    public string Text(int[] ids) => TextOrNull(ids) ?? throw new InputException(NoText);

    /// <summary>Whether a server turns some text into exactly these ids.</summary>
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
