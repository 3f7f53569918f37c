using System.Globalization;
using System.Text;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>What Python's texts do that .NET's do not.</summary>
internal static class PythonText
{
    private const string AsciiPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>A text without white space around, as <c>str.strip</c> sees white space.</summary>
    public static string Strip(string text) => TemplateText.Strip(text, null, true, true);

    /// <summary>Whether a character is white space to Python.</summary>
    public static bool IsSpace(char c) => TemplateText.IsSpace(c);

    /// <summary>A text without ASCII punctuation.</summary>
    public static string WithoutAsciiPunctuation(string text) =>
        string.Concat(text.Where(c => !AsciiPunctuation.Contains(c, StringComparison.Ordinal)));

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
}
