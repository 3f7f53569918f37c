using System.Globalization;
using System.Numerics;
using System.Text;

namespace Fulcrum.Templates;

/// <summary>Python's functions of texts: white space, code points, case, literals.</summary>
internal static partial class TemplateText
{
    /// <summary>Returns an error that names the line of the template.</summary>
    public static InputException Error(int line, string what) => new($"chat template line {line}: {what}");

    /// <summary>Python's <c>str.isspace</c>: Unicode's white space and the four information separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>The length of the text without the white space at its end.</summary>
    public static int TrimmedEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }

        return end;
    }

    /// <summary>Removes characters from the ends of a text, as Python's <c>strip</c>.</summary>
    /// <param name="characters">The characters to remove; null: white space.</param>
    /// <param name="start">Whether to remove them at the start.</param>
    /// <param name="end">Whether to remove them at the end.</param>
    public static string Strip(string text, string? characters, bool start, bool end)
    {
        int from = 0,
            to = text.Length;
        // A set, because the characters may be as many as those of the text.
        HashSet<char>? set = characters is null ? null : [.. characters];
        bool Goes(char c) => set?.Contains(c) ?? IsSpace(c);
        while (start && from < to && Goes(text[from]))
        {
            from++;
        }

        while (end && to > from && Goes(text[to - 1]))
        {
            to--;
        }

        return text[from..to];
    }

    /// <summary>The code points of a text, each as a text; a lone surrogate counts as one.</summary>
    public static List<string> CodePoints(string text)
    {
        List<string> points =
            text.Length <= 1 << 21
                ? new(text.Length)
                : throw new InputException(
                    $"the chat template takes a text of {text.Length} characters apart, which are too many"
                );
        for (int i = 0; i < text.Length; i++)
        {
            int length =
                char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            points.Add(text.Substring(i, length));
            i += length - 1;
        }

        return points;
    }

    /// <summary>Returns the number of code points.</summary>
    public static int Length(string text)
    {
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            pairs += char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]) ? 1 : 0;
        }

        return text.Length - pairs;
    }

    /// <summary>Python's <c>str.title</c>: a letter that follows no letter becomes a capital.</summary>
    public static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool inside = false;
        foreach (char c in text)
        {
            result.Append(inside ? Lower(c) : TemplateCasing.Title(c.ToString()));
            inside = char.IsLetter(c);
        }

        return result.ToString();
    }

    /// <summary>Jinja's <c>title</c>: a capital only after white space, hyphens and opening brackets.</summary>
    public static string Words(string text)
    {
        StringBuilder result = new(text.Length);
        bool begins = true;
        foreach (char c in text)
        {
            result.Append(begins ? TemplateCasing.Title(c.ToString()) : Lower(c));
            begins = IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';
        }

        return result.ToString();
    }

    /// <summary>Python's <c>str.upper</c>.</summary>
    public static string Upper(string text) => TemplateCasing.Upper(text);

    /// <summary>Python's <c>str.lower</c>.</summary>
    public static string Lower(string text) => TemplateCasing.Lower(text);

    /// <summary>Python's <c>str.capitalize</c>.</summary>
    public static string Capitalize(string text) => TemplateCasing.Capitalize(text);

    /// <summary>Python's <c>isupper</c> and <c>islower</c>: there are letters with case, and all of them have the given
    /// one.</summary>
    public static bool IsCased(string text, bool upper) =>
        text.Any(c => char.IsUpper(c) || char.IsLower(c)) && !text.Any(upper ? char.IsLower : char.IsUpper);

    /// <summary>Text for HTML: markupsafe's <c>escape</c>.</summary>
    public static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal)
            .Replace("\"", "&#34;", StringComparison.Ordinal);

    /// <summary>Python's <c>urllib.parse.quote</c>.</summary>
    /// <param name="safe">Characters that stay besides letters, digits and <c>_.-~</c>.</param>
    public static string UrlQuote(string text, string safe)
    {
        StringBuilder quoted = new(text.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            char c = (char)b;
            _ =
                char.IsAsciiLetterOrDigit(c) || "_.-~".Contains(c) || safe.Contains(c)
                    ? quoted.Append(c)
                    : quoted.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return quoted.ToString();
    }

    /// <summary>Python's <c>repr</c> of a text.</summary>
    public static string Quote(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        StringBuilder result = new StringBuilder(text.Length + 2).Append(quote);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\\' => result.Append("\\\\"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                _ when c == quote => result.Append('\\').Append(c),
                _ when IsPrintable(c) => result.Append(c),
                <= '\u00ff' => result.Append($"\\x{(int)c:x2}"),
                _ => result.Append($"\\u{(int)c:x4}"),
            };
        }

        return result.Append(quote).ToString();
    }

    // A surrogate counts as printable: its pair is a printable character in most cases.
    private static bool IsPrintable(char c) =>
        c == ' '
        || char.GetUnicodeCategory(c)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.SpaceSeparator
            );

    private static char Lower(char c) => char.ToLowerInvariant(c);
}
