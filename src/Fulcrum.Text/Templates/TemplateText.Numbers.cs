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

        (string digits, int exponent) = ShortestDigits(Math.Abs(value));
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        int beforePoint = exponent + 1;
        return digits.Length <= beforePoint
            ? sign + digits.PadRight(beforePoint, '0') + ".0"
            : $"{sign}{digits[..beforePoint]}.{digits[beforePoint..]}";
    }

    /// <summary>Returns the shortest decimal digits that are read as a value, and the power of ten of the first one:
    /// 123 and -3 for 0.00123.</summary>
    private static (string Digits, int Exponent) ShortestDigits(double value)
    {
        string[] parts = value.ToString("R", CultureInfo.InvariantCulture).Split('E');
        int exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        int beforePoint = parts[0].Split('.')[0].Length;
        string digits = parts[0].Replace(".", "", StringComparison.Ordinal);
        int leadingZeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        return digits.Length == 0 ? ("0", 0) : (digits, exponent + beforePoint - 1 - leadingZeros);
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

        // value = mantissa * 2^power exactly. Scaled by 10^digits, it is rounded as a whole number.
        long bits = BitConverter.DoubleToInt64Bits(value),
            fraction = bits & 0xFFFFFFFFFFFFF;
        int power = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = power == 0 ? fraction : fraction | (1L << 52),
            scaled = mantissa * BigInteger.Pow(10, digits);
        power = Math.Max(power, 1) - 1075;
        BigInteger whole = power >= 0 ? scaled << power : scaled >> -power;
        if (power < 0)
        {
            whole = RoundedHalfEven(whole, scaled - (whole << -power), BigInteger.One << -power);
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
        BigInteger quotient = BigInteger.DivRem(new BigInteger(whole), unit, out BigInteger remainder);
        return (double)(RoundedHalfEven(quotient, remainder, unit, hasFraction: value > whole) * unit);
    }

    /// <summary>Python's <c>round</c> of a whole number to tens, hundreds and so on.</summary>
    public static BigInteger Round(BigInteger value, int zeros)
    {
        BigInteger unit = BigInteger.Pow(10, zeros),
            quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out BigInteger remainder);
        return value.Sign * RoundedHalfEven(quotient, remainder, unit) * unit;
    }

    /// <summary>Rounds the result of a division to nearest, ties to even.</summary>
    /// <param name="hasFraction">Whether the exact remainder is larger than the given one, by less than 1.</param>
    private static BigInteger RoundedHalfEven(
        BigInteger quotient,
        BigInteger remainder,
        BigInteger divisor,
        bool hasFraction = false
    )
    {
        int order = (2 * remainder).CompareTo(divisor);
        bool isTie = order == 0 && !hasFraction;
        bool roundsUp = isTie ? !quotient.IsEven : order >= 0;
        return roundsUp ? quotient + 1 : quotient;
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
