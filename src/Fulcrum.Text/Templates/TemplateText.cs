using System.Globalization;
using System.Numerics;
using System.Text;

namespace Fulcrum.Templates;

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
        int from = 0,
            to = text.Length;
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

    public static string Upper(string text) => TemplateCasing.Upper(text);

    public static string Lower(string text) => TemplateCasing.Lower(text);

    public static string Capitalize(string text) => TemplateCasing.Capitalize(text);

    /// <summary>Python's <c>isupper</c> and <c>islower</c>: there is a letter with case, and all such are of one
    /// kind.</summary>
    public static bool IsCased(string text, bool upper) =>
        text.Any(c => char.IsUpper(c) || char.IsLower(c)) && !text.Any(upper ? char.IsLower : char.IsUpper);

    /// <summary>Python's shortest text of a float.</summary>
    public static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan"
                : value > 0 ? "inf"
                : "-inf";
        }

        string shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int mark = shortest.IndexOf('E');
        string digits = (mark < 0 ? shortest : shortest[..mark])
            .Replace(".", "", StringComparison.Ordinal)
            .TrimStart('0')
            .TrimEnd('0');
        digits = digits.Length == 0 ? "0" : digits;
        string plain = mark < 0 ? shortest : shortest[..mark];
        int point = plain.IndexOf('.') is >= 0 and var dot ? dot : plain.Length,
            leading = plain.AsSpan().IndexOfAnyInRange('1', '9');
        int exponent =
            leading < 0
                ? 0
                : (
                    mark < 0
                        ? 0
                        : int.Parse(
                            shortest.AsSpan(mark + 1),
                            NumberStyles.AllowLeadingSign,
                            CultureInfo.InvariantCulture
                        )
                ) + (leading < point ? point - leading - 1 : point - leading);
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}"
                + $"{Math.Abs(exponent):00}";
        }

        return sign
            + (
                exponent < 0 ? "0." + new string('0', -exponent - 1) + digits
                : digits.Length <= exponent + 1 ? digits + new string('0', exponent + 1 - digits.Length) + ".0"
                : $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}"
            );
    }

    /// <summary>Formats a float with some digits after the point, rounded from its exact value, ties to
    /// even.</summary>
    /// <param name="value">Not negative, and finite.</param>
    public static string Fixed(double value, int digits)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : "inf";
        }

        // value = mantissa * 2^power exactly; scaled by 10^digits and rounded as a whole number.
        long bits = BitConverter.DoubleToInt64Bits(value),
            fraction = bits & 0xFFFFFFFFFFFFF;
        int power = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = power == 0 ? fraction : fraction | (1L << 52),
            scaled = mantissa * BigInteger.Pow(10, digits);
        power = Math.Max(power, 1) - 1075;
        BigInteger whole = power >= 0 ? scaled << power : scaled >> -power;
        if (power < 0)
        {
            BigInteger rest = scaled - (whole << -power),
                half = BigInteger.One << (-power - 1);
            whole += rest > half || (rest == half && !whole.IsEven) ? 1 : 0;
        }

        string text = whole.ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        return digits == 0 ? text : $"{text[..^digits]}.{text[^digits..]}";
    }

    /// <summary>Python's <c>round</c> of a float that is finite and not negative: to nearest, ties to even, from its
    /// exact value.</summary>
    /// <param name="digits">Digits after the point; negative: zeros before it.</param>
    public static double Round(double value, int digits)
    {
        if (digits >= 0)
        {
            return double.Parse(Fixed(value, digits), CultureInfo.InvariantCulture);
        }

        BigInteger unit = BigInteger.Pow(10, -digits);
        double whole = Math.Floor(value);
        BigInteger quotient = BigInteger.DivRem(new BigInteger(whole), unit, out BigInteger rest);
        int half = (2 * rest).CompareTo(unit) is var c && c == 0 && value > whole ? 1 : c;
        return (double)((quotient + (half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0)) * unit);
    }

    /// <summary>Python's <c>round</c> of a whole number to tens, hundreds and so on.</summary>
    public static BigInteger Round(BigInteger value, int zeros)
    {
        BigInteger unit = BigInteger.Pow(10, zeros),
            quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out BigInteger rest);
        int half = (2 * rest).CompareTo(unit);
        return value.Sign * (quotient + (half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0)) * unit;
    }

    /// <summary>Python's <c>int</c> of a text in a base; null if it is none.</summary>
    /// <param name="radix">2 to 36, or 0 to go by the prefix.</param>
    public static BigInteger? ToInteger(string text, long radix)
    {
        string digits = text.Trim().ToLowerInvariant();
        bool negative = digits.StartsWith('-');
        digits = negative || digits.StartsWith('+') ? digits[1..] : digits;
        int prefix = digits is ['0', 'x' or 'o' or 'b', ..]
            ? digits[1] switch
            {
                'x' => 16,
                'o' => 8,
                _ => 2,
            }
            : 0;
        if (prefix > 0 && (radix == 0 || radix == prefix))
        {
            digits = digits[2..];
            digits = digits.StartsWith('_') ? digits[1..] : digits;
            radix = prefix;
        }

        radix = radix == 0 ? 10 : radix;
        return
            digits.Length is 0 or > TemplateValues.LongestNumber
            || digits[0] == '_'
            || digits[^1] == '_'
            || digits.Contains("__", StringComparison.Ordinal)
            ? null
            : Value(digits.Replace("_", "", StringComparison.Ordinal), radix, negative);
    }

    private static BigInteger? Value(string digits, long radix, bool negative)
    {
        BigInteger value = BigInteger.Zero;
        foreach (char c in digits)
        {
            int digit =
                char.IsAsciiDigit(c) ? c - '0'
                : c is >= 'a' and <= 'z' ? c - 'a' + 10
                : 36;
            if (digit >= radix)
            {
                return null;
            }

            value = value * radix + digit;
        }

        return negative ? -value : value;
    }

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
