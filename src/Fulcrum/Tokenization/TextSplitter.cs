using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fulcrum.Tokenization;

/// <summary>Cuts a text by a pattern that speaks of characters, where .NET's patterns speak of UTF-16 units.</summary>
/// <remarks>Every character beyond the basic plane is replaced by one of the same category for the matching; positions are mapped back.</remarks>
internal sealed class TextSplitter(string pattern)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Regex regex = new(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant, Patience);

    /// <summary>The matches and the gaps between them, as ranges of the text, in order.</summary>
    public IEnumerable<(Range Range, bool Matched)> Split(string text)
    {
        (string shadow, int[]? places) = Shadow(text);
        int end = 0;
        for (Match match = regex.Match(shadow); match.Success; match = match.NextMatch())
        {
            if (match.Length == 0)
            {
                continue;
            }

            if (match.Index > end)
            {
                yield return (Place(end, match.Index), false);
            }

            end = match.Index + match.Length;
            yield return (Place(match.Index, end), true);
        }

        if (end < shadow.Length)
        {
            yield return (Place(end, shadow.Length), false);
        }

        Range Place(int from, int to) => places is null ? from..to : places[from]..places[to];
    }

    private static (string Shadow, int[]? Places) Shadow(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return (text, null);
        }

        StringBuilder shadow = new(text.Length);
        List<int> places = new(text.Length + 1);
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places.Add(at);
            shadow.Append(rune.IsBmp ? (char)rune.Value : StandIn(Rune.GetUnicodeCategory(rune)));
            at += rune.Utf16SequenceLength;
        }

        places.Add(at);
        return (shadow.ToString(), [.. places]);
    }

    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => 'Ω',
        UnicodeCategory.LowercaseLetter => 'ω',
        UnicodeCategory.OtherLetter => '中',
        UnicodeCategory.ModifierLetter => 'ʰ',
        UnicodeCategory.TitlecaseLetter => 'ǅ',
        UnicodeCategory.DecimalDigitNumber => '٣',
        UnicodeCategory.LetterNumber => 'Ⅷ',
        UnicodeCategory.OtherNumber => '½',
        UnicodeCategory.NonSpacingMark => '\u0301',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        _ => '☃',
    };
}
