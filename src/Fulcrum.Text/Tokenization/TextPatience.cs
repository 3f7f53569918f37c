namespace Fulcrum.Tokenization;

/// <summary>The time that the untrusted patterns of a tokenizer may take for one text.</summary>
/// <remarks>.NET's limit is for one match. A pattern that takes seconds at every character or in every word would run
/// for hours. Of the time between two calls, at most 10 s count: a process that was stopped (Ctrl-Z, a suspended job of
/// a cluster) has waited much longer for no fault of the text.</remarks>
internal struct TextPatience
{
    /// <summary>The limit of one match. A match that took longer is tried once more.</summary>
    public static readonly TimeSpan LimitOfAMatch = TimeSpan.FromSeconds(10);

    private long last,
        spent;

    private TextPatience(long now) => last = now;

    /// <summary>The limit of one text.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Begins to count.</summary>
    public static TextPatience Begin() => Begin(Environment.TickCount64);

    /// <param name="now">In milliseconds.</param>
    public static TextPatience Begin(long now) => new(now);

    /// <summary>Refuses a text that has taken too long.</summary>
    /// <param name="characters">Of the text, for the message.</param>
    /// <exception cref="InputException">The time is up.</exception>
    public void Require(int characters) => Require(characters, Environment.TickCount64);

    /// <inheritdoc cref="Require(int)"/>
    /// <param name="now">In milliseconds.</param>
    public void Require(int characters, long now)
    {
        spent += Math.Min(now - last, (long)LimitOfAMatch.TotalMilliseconds);
        last = now;
        if (spent > Limit.TotalMilliseconds)
        {
            throw Exceeded(characters);
        }
    }

    /// <summary>Returns the error for a text that has taken too long.</summary>
    public static InputException Exceeded(int characters, Exception? cause = null) =>
        new(
            $"the patterns of the tokenizer took longer than {LimitOfAMatch.TotalSeconds:0} s for one match, or "
                + $"{Limit.TotalSeconds:0} s for a text, of {characters} characters; use another tokenizer.json",
            cause
        );
}
