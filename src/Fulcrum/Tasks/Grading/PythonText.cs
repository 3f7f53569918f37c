using System.Globalization;
using System.Text;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Grading;

/// <summary>Operations on texts as Python does them, since the published graders are written in Python.</summary>
internal static class PythonText
{
    /// <summary>The 32 ASCII punctuation characters.</summary>
    public const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Tells whether a character is white space: Unicode's, and the four information separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>Removes white space at both ends.</summary>
    public static string Strip(string text)
    {
        int start = 0,
            end = text.Length;
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>Tells whether a text is empty or white space only.</summary>
    public static bool IsBlank(string text) => text.All(IsSpace);

    /// <summary>Splits at runs of white space.</summary>
    public static string[] Split(string text)
    {
        List<string> words = [];
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool space = i == text.Length || IsSpace(text[i]);
            if (space && start >= 0)
            {
                words.Add(text[start..i]);
            }

            start =
                space ? -1
                : start < 0 ? i
                : start;
        }

        return [.. words];
    }

    /// <summary>Returns the text in lower case, with Greek final sigma and the dotted capital I as Python writes
    /// them.</summary>
    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant();
        lower = lower.Contains('İ') ? lower.Replace("İ", "i\u0307", StringComparison.Ordinal) : lower;
        return text.Contains('Σ') && lower.Length == text.Length ? FinalSigmas(text, lower) : lower;
    }

    /// <summary>Tells whether a character belongs to words: letters, numbers of every kind, and the
    /// underscore.</summary>
    public static bool IsWord(Rune rune) => rune.Value == '_' || IsAlphanumeric(Rune.GetUnicodeCategory(rune));

    /// <summary>Tells whether a text has a cased letter and none of the other case (<c>str.isupper</c>).</summary>
    public static bool IsUpper(string text) => HasOnly(text, IsUpper, r => IsLower(r) || IsTitle(r));

    /// <summary>Tells whether a text has a cased letter and none of the other case (<c>str.islower</c>).</summary>
    public static bool IsLower(string text) => HasOnly(text, IsLower, r => IsUpper(r) || IsTitle(r));

    /// <summary>Tells whether a character is upper case: the category Lu, Roman numerals and circled letters.</summary>
    public static bool IsUpper(Rune r) =>
        Rune.GetUnicodeCategory(r) == UnicodeCategory.UppercaseLetter
        || r.Value is (>= 0x2160 and <= 0x216F) or (>= 0x24B6 and <= 0x24CF) or (>= 0x1F130 and <= 0x1F149);

    /// <summary>Tells whether a character is lower case: the category Ll, ordinal indicators, modifier letters, Roman
    /// numerals.</summary>
    public static bool IsLower(Rune r) =>
        Rune.GetUnicodeCategory(r) == UnicodeCategory.LowercaseLetter
        || r.Value is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or (>= 0x2170 and <= 0x217F) or (>= 0x24D0 and <= 0x24E9);

    /// <summary>A text without ASCII punctuation.</summary>
    public static string WithoutAsciiPunctuation(string text) =>
        string.Concat(text.Where(c => !Punctuation.Contains(c, StringComparison.Ordinal)));

    /// <summary>A text without Unicode's punctuation.</summary>
    public static string WithoutPunctuation(string text)
    {
        StringBuilder kept = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = Rune.GetUnicodeCategory(rune)
                is >= UnicodeCategory.ConnectorPunctuation
                    and <= UnicodeCategory.OtherPunctuation
                ? kept
                : kept.Append(rune.ToString());
        }

        return kept.ToString();
    }

    /// <summary>Length in code points.</summary>
    public static int Length(string text) => (int)TemplateText.Length(text);

    /// <summary>Two texts with a delimiter between them, which is left out at white space and beside an empty
    /// text.</summary>
    public static string Joined(string? left, string? right, string delimiter) =>
        string.IsNullOrEmpty(left) ? right ?? ""
        : string.IsNullOrEmpty(right) ? left
        : IsSpace(left[^1]) || IsSpace(right[0]) ? left + right
        : left + delimiter + right;

    /// <summary>Number of pieces between runs of white space, empty ones at the ends included.</summary>
    public static int Words(string text)
    {
        int words = 1;
        for (int i = 0; i < text.Length; i++)
        {
            words += IsSpace(text[i]) && (i == 0 || !IsSpace(text[i - 1])) ? 1 : 0;
        }

        return words;
    }

    /// <summary>Returns the code points of a text; a lone surrogate counts as one.</summary>
    public static int[] CodePoints(string text) => [.. text.EnumerateRunes().Select(r => r.Value)];

    private static bool IsTitle(Rune r) => Rune.GetUnicodeCategory(r) == UnicodeCategory.TitlecaseLetter;

    private static bool IsAlphanumeric(UnicodeCategory category) =>
        category
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber;

    private static bool HasOnly(string text, Func<Rune, bool> wanted, Func<Rune, bool> refused)
    {
        bool found = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (refused(rune))
            {
                return false;
            }

            found |= wanted(rune);
        }

        return found;
    }

    // A capital sigma at the end of a word becomes the final form.
    private static string FinalSigmas(string text, string lower)
    {
        char[] written = lower.ToCharArray();
        for (int i = 1; i < text.Length; i++)
        {
            bool ends = i + 1 == text.Length || !char.IsLetter(text[i + 1]);
            written[i] = text[i] == 'Σ' && char.IsLetter(text[i - 1]) && ends ? 'ς' : written[i];
        }

        return new string(written);
    }
}
