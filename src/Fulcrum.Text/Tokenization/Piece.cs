namespace Fulcrum.Tokenization;

/// <summary>A part of a text on its way to tokens.</summary>
/// <param name="Source">The string that holds it.</param>
/// <param name="First">It begins where the whole text begins.</param>
internal readonly record struct Piece(string Source, int Start, int Length, bool First)
{
    public ReadOnlySpan<char> Span => Source.AsSpan(Start, Length);

    /// <summary>A part of this piece, by its place within it.</summary>
    public Piece Part(int start, int length) => new(Source, Start + start, length, First && start == 0);

    /// <summary>Another text in its place.</summary>
    public Piece With(string text) => new(text, 0, text.Length, First);

    public override string ToString() => Span.ToString();
}
