using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fulcrum.Files;

namespace Fulcrum.Tokenization;

/// <summary>A pattern of a <c>tokenizer.json</c>: written for Oniguruma and about characters, matched by .NET, whose
/// patterns are about UTF-16 units.</summary>
/// <remarks>For the matching, every character beyond the basic plane is replaced by one that no part of the pattern
/// tells from it; positions are mapped back.</remarks>
internal sealed class TextPattern
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private const int MostClasses = 64; // one bit each in a character's signature
    private readonly Regex regex;
    private readonly CharacterClass[] classes;
    private readonly IReadOnlySet<char> literals;
    private readonly ConcurrentDictionary<ulong, char> standIns = new();

    private TextPattern(PatternTranslation pattern)
    {
        regex = new Regex(
            pattern.Text,
            RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline,
            Patience
        );
        (classes, literals) = (
            pattern.Classes.Count <= MostClasses
                ? [.. pattern.Classes]
                : throw new ArgumentException($"more than {MostClasses} different classes are not supported"),
            pattern.Literals
        );
    }

    /// <summary>A text to find as it is.</summary>
    /// <exception cref="InputException">It cannot be matched exactly.</exception>
    public static TextPattern Literal(string text, JsonFile file) => Parse(Regex.Escape(text), file);

    /// <summary>A pattern in Oniguruma's language.</summary>
    public static TextPattern Of(string pattern) => new(PatternTranslation.Of(pattern));

    /// <summary>A pattern as a tokenizer has it.</summary>
    /// <exception cref="InputException">It is no pattern, or one that cannot be matched exactly.</exception>
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

    /// <summary>Adds the matches of a piece and the gaps between them, in order, as places within the piece; a match
    /// may be empty.</summary>
    public void Split(ReadOnlySpan<char> text, List<(int Start, int Length, bool Matched)> into)
    {
        int[]? places = null;
        ReadOnlySpan<char> shadow = text.ContainsAnyInRange('\uD800', '\uDFFF') ? Shadow(text, out places) : text;
        int end = 0;
        bool any = false;
        foreach (ValueMatch match in regex.EnumerateMatches(shadow))
        {
            if (match.Length == 0 && any && match.Index == end)
            {
                continue; // nothing, right behind a match, is none
            }

            if (match.Index > end)
            {
                Add(end, match.Index, false);
            }

            (end, any) = (match.Index + match.Length, true);
            Add(match.Index, end, true);
        }

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
            shadow.Append(rune.IsBmp ? (char)rune.Value : StandIn(rune));
            at += rune.Utf16SequenceLength;
        }

        starts.Add(at);
        places = [.. starts];
        return shadow.ToString();
    }

    // A character of the basic plane that no class and no letter of the pattern tells from the given one.
    private char StandIn(Rune rune) =>
        standIns.GetOrAdd(
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

    private char Fits(char c, ulong signature) => !literals.Contains(c) && Signature(c) == signature ? c : '\0';

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
