using System.Globalization;
using System.Text;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>Instructions about the parts of a text: paragraphs, words, two responses.</summary>
internal static class Paragraphs
{
    /// <summary>Returns a test of the number of paragraphs between <c>***</c>.</summary>
    public static Func<string, bool> Number(int wanted) =>
        text =>
        {
            string[] pieces = IfevalPatterns.Divider().Split(text);
            bool Blank(int i) => PythonText.IsBlank(pieces[i]);
            int edges =
                pieces.Length == 1 ? (Blank(0) ? 1 : 0) : (Blank(0) ? 1 : 0) + (Blank(pieces.Length - 1) ? 1 : 0);
            return !Enumerable.Range(1, Math.Max(0, pieces.Length - 2)).Any(Blank) && pieces.Length - edges == wanted;
        };

    /// <summary>Returns a test of the first word of the nth paragraph, and of their number.</summary>
    public static Func<string, bool> FirstWord(int number, int nth, string word) =>
        text =>
        {
            string[] pieces = text.Split("\n\n");
            int filled = pieces.Count(p => !PythonText.IsBlank(p));
            return filled == number
                && nth <= filled
                && PythonText.Split(pieces[nth - 1]) is [string first, ..]
                && Bare(first) == PythonText.Lower(word);
        };

    /// <summary>Returns the number of words: runs of letters, numbers and underscores, with the marks and joiners
    /// inside.</summary>
    public static int Words(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool joined =
                rune.Value is 0x200C or 0x200D
                || Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.NonSpacingMark
                        or UnicodeCategory.SpacingCombiningMark
                        or UnicodeCategory.EnclosingMark;
            bool now = PythonText.IsWord(rune) || (inside && joined);
            words += now && !inside ? 1 : 0;
            inside = now;
        }

        return words;
    }

    /// <summary>Tells whether a text holds two different responses, separated by <c>******</c>.</summary>
    public static bool AreTwoResponses(string text)
    {
        string[] pieces = text.Split("******");
        bool blankInside = Enumerable
            .Range(0, pieces.Length)
            .Any(i => PythonText.IsBlank(pieces[i]) && i > 0 && i < pieces.Length - 1);
        string[] filled = [.. pieces.Where(p => !PythonText.IsBlank(p)).Select(PythonText.Strip)];
        return !blankInside && filled is [string a, string b] && a != b;
    }

    private static string Bare(string word)
    {
        string bare = word.TrimStart('\'').TrimStart('"');
        int end = bare.AsSpan().IndexOfAny(".,?!'\"");
        return PythonText.Lower(end < 0 ? bare : bare[..end]);
    }
}
