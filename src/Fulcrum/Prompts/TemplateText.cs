using System.Globalization;
using System.Text;

namespace Fulcrum.Prompts;

/// <summary>Text as Python sees it: white space, code points, literals.</summary>
internal static class TemplateText
{
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

    public static string Strip(string text, string? characters, bool start, bool end)
    {
        int from = 0, to = text.Length;
        bool Goes(char c) => characters is null ? IsSpace(c) : characters.Contains(c);
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
        List<string> points = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            points.Add(text.Substring(i, length));
            i += length - 1;
        }

        return points;
    }

    public static int Length(string text)
    {
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            pairs += char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]) ? 1 : 0;
        }

        return text.Length - pairs;
    }

    public static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool inside = false;
        foreach (char c in text)
        {
            result.Append(inside ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c));
            inside = char.IsLetter(c);
        }

        return result.ToString();
    }

    public static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    public static string Capitalize(string text) => text.Length == 0 ? text : Upper(text[..1]) + text[1..].ToLowerInvariant();

    /// <summary>Python's shortest text of a float.</summary>
    public static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        double size = Math.Abs(value);
        if (size != 0 && (size < 1e-4 || size >= 1e16))
        {
            string[] parts = value.ToString("E16", CultureInfo.InvariantCulture).Split('E');
            string shortest = value.ToString("R", CultureInfo.InvariantCulture);
            string digits = shortest.Contains('E') ? shortest[..shortest.IndexOf('E')] : parts[0].TrimEnd('0').TrimEnd('.');
            int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
            return $"{digits}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        string plain = ((decimal)size < 1e15m && size < 1e15 ? value.ToString("R", CultureInfo.InvariantCulture) : value.ToString("F0", CultureInfo.InvariantCulture));
        if (plain.Contains('E'))
        {
            plain = value.ToString("0.####################", CultureInfo.InvariantCulture);
        }

        return plain.Contains('.') ? plain : plain + ".0";
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
                < ' ' or '\u007f' => result.Append($"\\x{(int)c:x2}"),
                >= '\u0080' and <= '\u00a0' or '\u00ad' => result.Append($"\\x{(int)c:x2}"),
                _ => result.Append(c),
            };
        }

        return result.Append(quote).ToString();
    }
}
