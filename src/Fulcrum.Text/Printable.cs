using System.Globalization;
using System.Text;

namespace Fulcrum;

/// <summary>Texts of somebody else on their way to a terminal, a log or a message: what would act there is shown
/// instead.</summary>
internal static class Printable
{
    private const int Longest = 80,
        LongestMessage = 540;

    /// <summary>Returns the text on one line, every control and formatting character as <c>\u001b</c>.</summary>
    public static string Line(string text) => Escaped(text, lineEnds: false);

    /// <summary>Returns the text with its line ends and tabs, every other control and formatting character as
    /// <c>\u001b</c>.</summary>
    public static string Lines(string text) => Escaped(text, lineEnds: true);

    /// <summary>Returns at most 80 characters of the text on one line.</summary>
    public static string Short(string text) =>
        Cut(Line(text.Length > 4 * Longest ? text[..(4 * Longest)] : text), Longest);

    /// <summary>Returns a message for people on one line; of a long one the beginning and the end.</summary>
    public static string Message(string text)
    {
        string line = Line(text.Length > 1 << 16 ? text[..(1 << 15)] + text[^(1 << 15)..] : text).Trim();
        const int Tail = 140;
        return line.Length <= LongestMessage
            ? line
            : $"{Whole(line[..(LongestMessage - Tail)])} "
                + $"… {(char.IsLowSurrogate(line[^Tail]) ? line[^(Tail - 1)..] : line[^Tail..])}";
    }

    /// <summary>Returns at most a number of characters, with an ellipsis where some are missing.</summary>
    public static string Cut(string text, int most) => text.Length <= most ? text : Whole(text[..(most - 1)]) + "…";

    private static string Whole(string text) => text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[..^1] : text;

    private static string Escaped(string text, bool lineEnds)
    {
        int first = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (first < 0)
        {
            return text;
        }

        StringBuilder shown = new(text, 0, first, text.Length + 16);
        for (int i = first; i < text.Length; i++)
        {
            char c = text[i];
            bool isLineEnd = c is '\n' or '\t';
            if (isLineEnd || !Acts(text, i))
            {
                shown.Append(isLineEnd && !lineEnds ? ' ' : c);
            }
            else if (c != '\r' || i + 1 == text.Length || text[i + 1] != '\n')
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
        }

        return shown.ToString();
    }

    // Moves a cursor, changes colours or direction, ends a line, or is half a character.
    private static bool Acts(string text, int i)
    {
        char c = text[i];
        return char.IsControl(c)
            || c
                is '\u061c'
                    or '\u200e'
                    or '\u200f'
                    or '\ufeff'
                    or (>= '\u2028' and <= '\u202e')
                    or (>= '\u2066' and <= '\u2069')
            || (char.IsHighSurrogate(c) && (i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])))
            || (char.IsLowSurrogate(c) && (i == 0 || !char.IsHighSurrogate(text[i - 1])));
    }
}
