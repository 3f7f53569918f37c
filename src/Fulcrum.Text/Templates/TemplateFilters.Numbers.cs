using System.Globalization;
using System.Numerics;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Filters of numbers.</content>
internal static partial class TemplateFilters
{
    private const int MostDigits = 300; // of round; 10^300 is still a float

    private static object? ToInt(object? value, FilterCall call)
    {
        call.Defined(value);
        if (value is string text && TemplateText.ToInteger(text, call.WholeArgument(1, "base", 10L)) is { } integer)
        {
            return Int(integer);
        }

        if (value is double or string)
        {
            return AsFloat(value) is { } real && double.IsFinite(real)
                ? Int(new BigInteger(Math.Truncate(real)))
                : call.Argument(0, "default", 0L);
        }

        return IsNumber(value) ? Int(Big(value)) : call.Argument(0, "default", 0L);
    }

    private static object? ToFloat(object? value, FilterCall call) =>
        AsFloat(call.Defined(value)) ?? call.Argument(0, "default", 0.0);

    // Python's float(); null if the value has no number.
    private static double? AsFloat(object? value) =>
        value is string text ? ParsedFloat(text.Trim())
        : IsNumber(value) ? Number(value)
        : null;

    private static double? ParsedFloat(string text)
    {
        if (text.TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity")
        {
            return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }

        const NumberStyles Styles =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        return double.TryParse(digits, Styles, CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    private static object Absolute(object? value, FilterCall call)
    {
        call.Defined(value);
        return value is double real ? Math.Abs(real)
            : IsNumber(value) ? Int(BigInteger.Abs(Big(value)))
            : throw call.Error($"bad operand type for abs(): '{TypeName(value)}'");
    }

    private static object Rounded(object? value, FilterCall call)
    {
        call.Defined(value);
        int digits = (int)Math.Clamp(call.WholeArgument(0, "precision", 0L), -MostDigits, MostDigits);
        string method = call.TextArgument(1, "method", "common");
        if (method is not ("common" or "ceil" or "floor"))
        {
            throw call.Error("method must be common, ceil or floor");
        }

        if (!IsNumber(value))
        {
            throw call.Error($"type {TypeName(value)} doesn't define __round__ method");
        }

        double power = Math.Pow(10, digits);
        return method switch
        {
            "ceil" => Math.Ceiling(Number(value) * power) / power,
            "floor" => Math.Floor(Number(value) * power) / power,
            _ when value is double real => RoundedFloat(real, digits),
            _ => Int(digits >= 0 ? Big(value) : TemplateText.Round(Big(value), zeros: -digits)),
        };
    }

    private static double RoundedFloat(double value, int digits) =>
        double.IsFinite(value) ? Math.CopySign(TemplateText.Round(Math.Abs(value), digits), value) : value;
}
