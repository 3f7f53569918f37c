namespace Fulcrum.Tokenization;

/// <summary>The time that the untrusted patterns of a tokenizer may take for one text.</summary>
/// <remarks>.NET's limit is for one match. A pattern that takes seconds at every character or in every word would run
/// for hours.</remarks>
internal readonly struct TextPatience
{
    private readonly long latest;

    private TextPatience(long latest) => this.latest = latest;

    /// <summary>The limit, which is that of one match as well.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Begins to count.</summary>
    public static TextPatience Begin() => new(Environment.TickCount64 + (long)Limit.TotalMilliseconds);

    /// <summary>Refuses a text that has taken too long.</summary>
    /// <param name="characters">Of the text, for the message.</param>
    /// <exception cref="InputException">The time is up.</exception>
    public void Require(int characters)
    {
        if (Environment.TickCount64 > latest)
        {
            throw Exceeded(characters);
        }
    }

    /// <summary>Returns the error for a text that has taken too long.</summary>
    public static InputException Exceeded(int characters, Exception? cause = null) =>
        new(
            $"the patterns of the tokenizer took longer than {Limit.TotalSeconds:0} s on a text of {characters} "
                + "characters; use another tokenizer.json",
            cause
        );
}
