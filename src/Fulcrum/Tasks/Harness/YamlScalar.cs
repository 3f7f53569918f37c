using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>The value of an unquoted scalar by YAML 1.1 as PyYAML reads it (<c>no</c> is false, <c>010</c> is
/// 8).</summary>
internal static partial class YamlScalar
{
    // Python refuses longer ones. Reading a number of millions of digits takes minutes.
    private const int LongestNumber = 4300;

    /// <summary>The value of an unquoted text. A number of more than 4,300 digits stays a text.</summary>
    public static object? Of(string text) =>
        text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => true,
            "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => false,
            ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" => double.PositiveInfinity,
            "-.inf" or "-.Inf" or "-.INF" => double.NegativeInfinity,
            ".nan" or ".NaN" or ".NAN" => double.NaN,
            _ => Number(text),
        };

    private static object Number(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length <= LongestNumber && Decimal().IsMatch(text))
        {
            return TemplateValues.Int(
                BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            );
        }

        if (Radix().Match(text) is { Success: true } m)
        {
            int sign = text[0] == '-' ? -1 : 1;
            (string body, int radix) =
                m.Groups["hex"].Success ? (m.Groups["hex"].Value, 16)
                : m.Groups["bin"].Success ? (m.Groups["bin"].Value, 2)
                : (m.Groups["oct"].Value, 8);
            string plain = body.Replace("_", "", StringComparison.Ordinal);
            return plain.Length <= LongestNumber
                ? TemplateValues.Int(sign * plain.Aggregate(BigInteger.Zero, (n, c) => n * radix + Digit(c)))
                : text;
        }

        if (Sixty().IsMatch(text))
        {
            long total = digits
                .TrimStart('+', '-')
                .Split(':')
                .Aggregate(0L, (n, part) => n * 60 + long.Parse(part, CultureInfo.InvariantCulture));
            return digits[0] == '-' ? -total : total;
        }

        return Real().IsMatch(text) ? double.Parse(digits, CultureInfo.InvariantCulture) : text;
    }

    private static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : char.ToLowerInvariant(c) - 'a' + 10;

    [GeneratedRegex(@"^[-+]?(?:0|[1-9][0-9_]*)$")]
    private static partial Regex Decimal();

    [GeneratedRegex(@"^[-+]?0(?:x(?<hex>[0-9a-fA-F_]+)|b(?<bin>[01_]+)|(?<oct>[0-7_]+))$")]
    private static partial Regex Radix();

    [GeneratedRegex(@"^[-+]?[1-9][0-9_]{0,12}(?::[0-5]?[0-9])+$")]
    private static partial Regex Sixty();

    [GeneratedRegex(@"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$")]
    private static partial Regex Real();
}
