namespace Fulcrum.Tokenization;

/// <summary>A part of a text on its way to tokens.</summary>
/// <param name="Source">The string that holds it.</param>
/// <param name="First">Whether it begins at the start of the text.</param>
internal readonly record struct Piece(string Source, int Start, int Length, bool First)
{
    public ReadOnlySpan<char> Span => Source.AsSpan(Start, Length);

    /// <summary>Returns a part of this piece by its position within it.</summary>
    public Piece Part(int start, int length) => new(Source, Start + start, length, First && start == 0);

    /// <summary>Returns a piece with another text at the same position.</summary>
    public Piece With(string text) => new(text, 0, text.Length, First);

    public override string ToString() => Span.ToString();
}
