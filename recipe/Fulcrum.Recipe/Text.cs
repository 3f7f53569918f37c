namespace Fulcrum.Recipe;

/// <summary>A document of the pretraining text, in pieces: each says how much of its loss counts.</summary>
/// <remarks>What nobody could know (a word drawn at random) gets no loss: it would only be noise in the
/// gradient.</remarks>
internal sealed class Text
{
    private readonly List<(string Piece, float Weight)> pieces = [];

    /// <summary>The pieces, in order; each begins where a token begins.</summary>
    public IReadOnlyList<(string Piece, float Weight)> Pieces => pieces;

    /// <summary>What is only to be read.</summary>
    public Text Given(string text) => Add(text, 0);

    /// <summary>What is to be predicted.</summary>
    public Text Said(string text, float weight = 1) => Add(text, weight);

    /// <inheritdoc/>
    public override string ToString() => string.Concat(pieces.Select(p => p.Piece));

    private Text Add(string text, float weight)
    {
        pieces.Add((text, weight));
        return this;
    }
}
