using System.Globalization;
using System.Numerics;
using System.Text;

namespace Fulcrum.Templates;

/// <content>Numbers as texts, and texts as numbers.</content>
internal static partial class TemplateText
{
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
}
