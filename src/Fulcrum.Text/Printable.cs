using System.Globalization;
using System.Text;

namespace Fulcrum;

/// <summary>Makes untrusted texts safe for a terminal, a log or a message. Control and formatting characters are shown
/// as escapes, so that they have no effect there.</summary>
internal static class Printable
{
    // In characters: one line and about seven lines of a terminal.
    private const int Longest = 80,
        LongestMessage = 540;

    /// <summary>Returns the text on one line, with every control and formatting character in the form
    /// <c>\u001b</c>.</summary>
    public static string Line(string text) => Escaped(text, lineEnds: false);

    /// <summary>Returns the text with its line ends and tabs, and with every other control and formatting character in
    /// the form <c>\u001b</c>.</summary>
    public static string Lines(string text) => Escaped(text, lineEnds: true);

    /// <summary>Returns at most 80 characters of the text on one line.</summary>
    public static string Short(string text) =>
        Cut(Line(text.Length > 4 * Longest ? text[..(4 * Longest)] : text), Longest);

    /// <summary>Returns the beginning of an untrusted text for a quotation in a message: on one line, with runs of
    /// spaces joined, and at most a number of characters.</summary>
    public static string Excerpt(string text, int most)
    {
        string line = Line(text[..Math.Min(text.Length, 4 * most)]);
        return Cut(string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), most);
    }

    /// <summary>Returns a message on one line. Of a message of more than 540 characters the middle is left
    /// out.</summary>
    public static string Message(string text)
    {
        string line = Line(text.Length > 1 << 16 ? text[..(1 << 15)] + text[^(1 << 15)..] : text).Trim();
        const int Tail = 140;
        return line.Length <= LongestMessage
            ? line
            : $"{WithoutHalfPair(line[..(LongestMessage - Tail)])} "
                + $"… {(char.IsLowSurrogate(line[^Tail]) ? line[^(Tail - 1)..] : line[^Tail..])}";
    }

    /// <summary>Returns at most a number of characters of a text. A truncated text ends in an ellipsis.</summary>
    public static string Cut(string text, int most) =>
        text.Length <= most ? text : WithoutHalfPair(text[..(most - 1)]) + "…";

    private static string WithoutHalfPair(string text) =>
        text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[..^1] : text;

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
            if (isLineEnd || !HasEffect(text, i))
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

    // Returns whether a character moves the cursor, changes colours or writing direction, ends a line, or is a lone
    // surrogate.
    private static bool HasEffect(string text, int i)
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
