using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tokenization;

/// <summary>A pattern of a <c>tokenizer.json</c>: written for Oniguruma and about characters, matched by .NET, whose patterns are about UTF-16 units.</summary>
/// <remarks>Every character beyond the basic plane is replaced by one of the same category for the matching; positions are mapped back.</remarks>
internal sealed class TextPattern
{
    private const string Han = @"\u2E80-\u2E99\u2E9B-\u2EF3\u2F00-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFA6D\uFA70-\uFAD9";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Regex regex;

    private TextPattern(Regex regex) => this.regex = regex;

    /// <summary>A text to find as it is.</summary>
    public static TextPattern Literal(string text) => Of(Regex.Escape(text));

    /// <summary>A pattern of our own, in .NET's language.</summary>
    public static TextPattern Of(string pattern) => new(new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant | RegexOptions.Multiline, Patience));

    /// <summary>A pattern as a tokenizer has it.</summary>
    /// <exception cref="InputException">It is no pattern, or one that cannot be matched exactly.</exception>
    public static TextPattern Parse(string pattern, JsonFile file)
    {
        try
        {
            return Of(Translated(pattern));
        }
        catch (ArgumentException e)
        {
            throw file.Error($"the pattern {pattern} cannot be used: {e.Message}");
        }
    }

    /// <summary>Calls back with the matches of a piece and the gaps between them, in order, as places within the piece.</summary>
    public void Split(ReadOnlySpan<char> text, List<(int Start, int Length, bool Matched)> into)
    {
        int[]? places = null;
        ReadOnlySpan<char> shadow = text.ContainsAnyInRange('\uD800', '\uDFFF') ? Shadow(text, out places) : text;
        int end = 0;
        foreach (ValueMatch match in regex.EnumerateMatches(shadow))
        {
            if (match.Length == 0)
            {
                continue;
            }

            Add(end, match.Index, false);
            end = match.Index + match.Length;
            Add(match.Index, end, true);
        }

        Add(end, shadow.Length, false);

        void Add(int from, int to, bool matched)
        {
            if (to > from)
            {
                into.Add(places is null ? (from, to - from, matched) : (places[from], places[to] - places[from], matched));
            }
        }
    }

    /// <summary>Replaces every match.</summary>
    public string Replace(string text, string by) => regex.Replace(text, _ => by);

    private static string Shadow(ReadOnlySpan<char> text, out int[] places)
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

    private static char StandIn(Rune rune) => Rune.GetUnicodeCategory(rune) switch
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

    /// <summary>Oniguruma's language in .NET's: possessive repetition, and what folds to s.</summary>
    private static string Translated(string pattern)
    {
        if (pattern.Contains("[[:", StringComparison.Ordinal) || pattern.Contains("&&", StringComparison.Ordinal) || pattern.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            throw new ArgumentException("classes within classes and characters beyond the basic plane are not supported");
        }

        StringBuilder result = new();
        List<int> opened = [];
        for (int at = 0, atom = 0; at < pattern.Length;)
        {
            int end = EndOfPart(pattern, at);
            string part = pattern[at..end];
            if (part == "(")
            {
                opened.Add(result.Length);
            }

            bool repeats = part is "*" or "+" or "?";
            if (repeats && end < pattern.Length && pattern[end] == '+')
            {
                result.Insert(atom, "(?>").Append(part).Append(')');
                end++;
            }
            else if (part == ")" && opened.Count > 0)
            {
                atom = opened[^1];
                opened.RemoveAt(opened.Count - 1);
                result.Append(part);
            }
            else
            {
                atom = repeats || part[0] == '{' ? atom : result.Length;
                result.Append(part.Replace(@"\p{Han}", part[0] == '[' ? Han : $"[{Han}]", StringComparison.Ordinal));
            }

            at = end;
        }

        return result.Replace("(?i:'s|", "(?i:'[sſ]|").Replace("'(?i:[sdmt]|", "'(?i:[sdmtſ]|").ToString();
    }

    /// <summary>Where the escape, class or single character ends that begins at a place.</summary>
    private static int EndOfPart(string pattern, int at)
    {
        if (pattern[at] == '\\')
        {
            int brace = at + 2 < pattern.Length && pattern[at + 1] is 'p' or 'P' && pattern[at + 2] == '{' ? pattern.IndexOf('}', at) : -1;
            return brace > 0 ? brace + 1 : Math.Min(at + 2, pattern.Length);
        }

        if (pattern[at] != '[')
        {
            return at + 1;
        }

        int end = at + 1;
        end += end < pattern.Length && pattern[end] == '^' ? 1 : 0;
        end += end < pattern.Length && pattern[end] == ']' ? 1 : 0;
        while (end < pattern.Length && pattern[end] != ']')
        {
            end += pattern[end] == '\\' ? 2 : 1;
        }

        return Math.Min(end + 1, pattern.Length);
    }
}
