using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Tokenization;

/// <summary>A pattern of a <c>tokenizer.json</c>. It is written for Oniguruma, which matches characters, and is
/// matched by .NET, which matches UTF-16 code units.</summary>
/// <remarks>Before matching, every character beyond the basic plane is replaced by a stand-in: a character of the
/// basic plane that the pattern cannot distinguish from it. Positions are mapped back.</remarks>
internal sealed class TextPattern
{
    private const char FirstReserved = '\uE000',
        LastReserved = '\uE3FF';
    private const int MostClasses = 64; // one bit each in a character's signature
    private readonly string pattern;
    private readonly TimeSpan limit; // of one match
    private readonly Regex regex;
    private readonly CharacterClass[] classes;
    private readonly IReadOnlySet<char> literals;
    private readonly ConcurrentDictionary<ulong, char> standIns = new();

    // Stand-ins of reserved characters, for texts that contain a reserved character themselves.
    private readonly ConcurrentDictionary<ulong, char> reservedStandIns = new();

    // Characters that are used only as stand-ins for characters beyond the basic plane. Empty unless the pattern names
    // such characters explicitly.
    private readonly SearchValues<char> reserved = SearchValues.Create("");

    private TextPattern(string pattern, TimeSpan limit)
    {
        (this.pattern, this.limit) = (pattern, limit);
        PatternTranslation translation = PatternTranslation.Of(pattern);
        (classes, literals) = (
            translation.Classes.Count <= MostClasses
                ? [.. translation.Classes]
                : throw new ArgumentException($"more than {MostClasses} different classes are not supported"),
            translation.Literals
        );
        if (classes.Any(c => c.Far is not null))
        {
            Dictionary<char, int> stands = Reserve();
            reserved = SearchValues.Create([.. stands.Keys]);
            translation = PatternTranslation.Of(pattern, set => Written(set, stands));
        }

        regex = new Regex(
            translation.Text,
            RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline,
            limit
        );
    }

    // Reserves one private-use character for each group of characters beyond the basic plane that the sets of the
    // pattern do not distinguish.
    private Dictionary<char, int> Reserve()
    {
        Dictionary<char, int> stands = [];
        char next = FirstReserved;
        for (int c = 0x10000; c <= 0x10ffff; c++)
        {
            ulong signature = Signature(c);
            if (standIns.ContainsKey(signature))
            {
                continue;
            }

            while (literals.Contains(next))
            {
                next++;
            }

            if (next > LastReserved)
            {
                throw new ArgumentException("it distinguishes too many sets of characters beyond the basic plane");
            }

            standIns[signature] = next;
            stands[next++] = c;
        }

        return stands;
    }

    // Writes a set with exactly those reserved characters that stand for its members.
    private static string Written(CharacterClass set, Dictionary<char, int> stands)
    {
        string Listed(bool members) =>
            string.Concat(stands.Where(s => set.Contains(s.Value) == members).Select(s => $@"\u{(int)s.Key:x4}"));
        (string own, string with, string without) = (set.Members, Listed(true), Listed(false));
        string near =
            own.Length == 0 ? ""
            : without.Length == 0 ? $"[{own}]"
            : $"[{own}-[{without}]]";
        return with.Length == 0 ? near
            : near.Length == 0 ? $"[{with}]"
            : $"(?:{near}|[{with}])";
    }

    /// <summary>Creates a pattern that finds a text literally.</summary>
    /// <exception cref="InputException">It cannot be matched exactly.</exception>
    public static TextPattern Literal(string text, JsonFile file) => Parse(Regex.Escape(text), file);

    /// <summary>A pattern in Oniguruma's language.</summary>
    /// <param name="limit">The longest time of one match; null: 10 s.</param>
    public static TextPattern Of(string pattern, TimeSpan? limit = null) =>
        new(pattern, limit ?? TextPatience.LimitOfAMatch);

    /// <summary>A pattern as a tokenizer has it.</summary>
    /// <exception cref="InputException">It is not a valid pattern, or cannot be matched exactly.</exception>
    public static TextPattern Parse(string pattern, JsonFile file)
    {
        try
        {
            return Of(pattern);
        }
        catch (ArgumentException e)
        {
            throw file.Error($"the pattern {Printable.Short(pattern)} cannot be used: {e.Message}");
        }
    }

    /// <summary>Adds the matches of a piece and the gaps between them, in order, as positions within the piece. A
    /// match may be empty.</summary>
    /// <exception cref="InputException">The pattern takes longer than its time limit on this text.</exception>
    public void Split(ReadOnlySpan<char> text, List<(int Start, int Length, bool Matched)> into)
    {
        int before = into.Count;
        using TextPatience patience = TextPatience.Begin(text.Length);
        try
        {
            SplitInTime(text, into, patience);
        }
        catch (RegexMatchTimeoutException)
        {
            // .NET's limit also counts the time in which the process was stopped. So a second try decides.
            into.RemoveRange(before, into.Count - before);
            SplitAgain(text, into, patience);
        }
    }

    private void SplitAgain(
        ReadOnlySpan<char> text,
        List<(int Start, int Length, bool Matched)> into,
        TextPatience patience
    )
    {
        try
        {
            SplitInTime(text, into, patience);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw patience.SlowMatch(pattern, limit, e);
        }
    }

    private void SplitInTime(
        ReadOnlySpan<char> text,
        List<(int Start, int Length, bool Matched)> into,
        TextPatience patience
    )
    {
        int[]? places = null;
        ReadOnlySpan<char> shadow =
            text.ContainsAnyInRange('\uD800', '\uDFFF') || text.ContainsAny(reserved) ? Shadow(text, out places) : text;
        int end = 0;
        bool any = false;
        foreach (ValueMatch match in regex.EnumerateMatches(shadow))
        {
            patience.Require();
            if (match.Length == 0 && any && match.Index == end)
            {
                continue; // an empty match directly after a match does not count
            }

            if (match.Index > end)
            {
                Add(end, match.Index, false);
            }

            (end, any) = (match.Index + match.Length, true);
            Add(match.Index, end, true);
        }

        patience.Require(); // also the search after the last match takes time
        if (end < shadow.Length)
        {
            Add(end, shadow.Length, false);
        }

        void Add(int from, int to, bool matched) =>
            into.Add(places is null ? (from, to - from, matched) : (places[from], places[to] - places[from], matched));
    }

    /// <summary>Replaces every match.</summary>
    /// <param name="check">Called with the length of the result before it is made.</param>
    public string Replace(string text, string by, Action<long>? check = null)
    {
        List<(int Start, int Length, bool Matched)> parts = [];
        Split(text, parts);
        check?.Invoke(parts.Sum(p => (long)(p.Matched ? by.Length : p.Length)));
        StringBuilder replaced = new(text.Length);
        parts.ForEach(p => replaced.Append(p.Matched ? by : text.AsSpan(p.Start, p.Length)));
        return replaced.ToString();
    }

    private string Shadow(ReadOnlySpan<char> text, out int[] places)
    {
        StringBuilder shadow = new(text.Length);
        List<int> starts = new(text.Length + 1);
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            starts.Add(at);
            shadow.Append(rune.IsBmp && !reserved.Contains((char)rune.Value) ? (char)rune.Value : StandIn(rune));
            at += rune.Utf16SequenceLength;
        }

        starts.Add(at);
        places = [.. starts];
        return shadow.ToString();
    }

    // Returns a character of the basic plane that no class and no literal of the pattern distinguishes from the given
    // one.
    private char StandIn(Rune rune) =>
        (rune.IsBmp ? reservedStandIns : standIns).GetOrAdd(
            Signature(rune.Value),
            signature =>
            {
                char usual = Usual(rune);
                return usual == Fits(usual, signature)
                    ? usual
                    : Enumerable
                        .Range(0x100, 0xff00)
                        .Where(c => c is < 0xd800 or > 0xdfff)
                        .Select(c => Fits((char)c, signature))
                        .FirstOrDefault(c => c != 0, usual);
            }
        );

    private char Fits(char c, ulong signature) =>
        !literals.Contains(c) && !reserved.Contains(c) && Signature(c) == signature ? c : '\0';

    private ulong Signature(int character)
    {
        ulong signature = 0;
        for (int i = 0; i < classes.Length; i++)
        {
            signature |= classes[i].Contains(character) ? 1ul << i : 0;
        }

        return signature;
    }

    private static char Usual(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter => 'Ω',
            UnicodeCategory.LowercaseLetter => 'ω',
            UnicodeCategory.OtherLetter => rune.Value >= 0x20000 ? '中' : 'ƻ',
            UnicodeCategory.ModifierLetter => 'ʰ',
            UnicodeCategory.TitlecaseLetter => 'ǅ',
            UnicodeCategory.DecimalDigitNumber => '٣',
            UnicodeCategory.LetterNumber => 'Ⅷ',
            UnicodeCategory.OtherNumber => '½',
            UnicodeCategory.NonSpacingMark => '\u0301',
            UnicodeCategory.SpacingCombiningMark => '\u0903',
            UnicodeCategory.EnclosingMark => '\u20dd',
            UnicodeCategory.MathSymbol => '∑',
            UnicodeCategory.CurrencySymbol => '€',
            UnicodeCategory.ModifierSymbol => '゛',
            UnicodeCategory.OtherPunctuation => '‖',
            UnicodeCategory.DashPunctuation => '—',
            UnicodeCategory.Format => '\u2060',
            UnicodeCategory.PrivateUse => '\uE000',
            UnicodeCategory.OtherNotAssigned => '\u0378',
            _ => '☃',
        };
}
