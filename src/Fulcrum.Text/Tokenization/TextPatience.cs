namespace Fulcrum.Tokenization;

/// <summary>The time that the untrusted patterns of a tokenizer may take for one text. All steps on one thread share
/// it, from the first <see cref="Begin(long)"/> until the last <see cref="Dispose"/>.</summary>
/// <remarks>.NET's limit is for one match. A pattern that takes seconds at every character or in every word would run
/// for hours. Of the time between two calls, at most 10 s count: a process that was stopped (Ctrl-Z, a suspended job of
/// a cluster) has waited much longer for no fault of the text.</remarks>
internal sealed class TextPatience : IDisposable
{
    /// <summary>The limit of one match. A match that took longer is tried once more.</summary>
    public static readonly TimeSpan LimitOfAMatch = TimeSpan.FromSeconds(10);

    /// <summary>The limit of one text.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [ThreadStatic]
    private static TextPatience? running;

    private readonly long characters;
    private long last,
        spent;
    private int users;

    private TextPatience(long characters, long now) => (this.characters, last) = (characters, now);

    /// <summary>Begins to count, or continues the count of the text on which this thread works already.</summary>
    /// <param name="characters">Of the text, for the message.</param>
    public static TextPatience Begin(long characters) => Begin(characters, Environment.TickCount64);

    /// <inheritdoc cref="Begin(long)"/>
    /// <param name="now">In milliseconds.</param>
    public static TextPatience Begin(long characters, long now)
    {
        TextPatience patience = running ??= new TextPatience(characters, now);
        patience.users++;
        return patience;
    }

    /// <summary>Refuses a text that has taken too long.</summary>
    /// <exception cref="InputException">The time is up.</exception>
    public void Require() => Require(Environment.TickCount64);

    /// <inheritdoc cref="Require()"/>
    /// <param name="now">In milliseconds.</param>
    public void Require(long now)
    {
        spent += Math.Min(now - last, (long)LimitOfAMatch.TotalMilliseconds);
        last = now;
        if (spent > Limit.TotalMilliseconds)
        {
            throw new InputException(
                $"the patterns of the tokenizer took longer than {Limit.TotalSeconds:0} s for a text of {characters} "
                    + $"characters. {Advice}"
            );
        }
    }

    /// <summary>Returns the error for a match that took too long twice.</summary>
    /// <param name="pattern">As the tokenizer has it.</param>
    /// <param name="limit">The limit of one match.</param>
    public InputException SlowMatch(string pattern, TimeSpan limit, Exception cause) =>
        new(
            $"the tokenizer's pattern {Printable.Short(pattern)} took longer than {limit.TotalSeconds:0.###} s for one "
                + $"match in a text of {characters} characters. {Advice}",
            cause
        );

    /// <summary>Ends what <see cref="Begin(long)"/> began.</summary>
    public void Dispose()
    {
        if (--users == 0)
        {
            running = null;
        }
    }

    private const string Advice = "Use another tokenizer.json";
}
