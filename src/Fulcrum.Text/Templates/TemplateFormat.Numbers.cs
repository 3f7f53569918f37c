using System.Globalization;
using System.Numerics;
using System.Text;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Formats single values.</content>
internal static partial class TemplateFormat
{
    private static string Percented(Layout layout, char type, object? value, int line)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                string text = type == 's' ? Text(value) : Repr(value);
                layout = layout with { Fill = ' ', Align = layout.Align == '<' ? '<' : '>' };
                return Padded(layout, Shortened(text, layout), "", '>');
            case 'c':
                string character = value as string ?? char.ConvertFromUtf32((int)Whole(value));
                return Padded(layout with { Fill = ' ' }, character, "", '>');
            case 'd' or 'i' or 'u':
                if (!IsNumber(value))
                {
                    throw TemplateText.Error(line, $"%{type} format: a real number is required, not {TypeName(value)}");
                }

                object? integer = value is double real ? Int(new BigInteger(Math.Truncate(real))) : value;
                return Formatted(layout with { Precision = null }, 'd', integer, line);
            default:
                return IsNumber(value)
                    ? Formatted(layout, type, value, line)
                    : throw TemplateText.Error(line, $"must be real number, not {TypeName(value)}");
        }
    }

    private static string Formatted(Layout layout, char type, object? value, int line)
    {
        if (!IsNumber(value) || value is bool && type == '\0')
        {
            return type == '\0'
                ? Padded(layout, Text(value), "", '<')
                : throw TemplateText.Error(
                    line,
                    $"Unknown format code '{type}' for object of type '{TypeName(value)}'"
                );
        }

        bool negative = value is double d ? d < 0 : Big(value).Sign < 0;
        string digits = type switch
        {
            'd' or '\0' when value is not double => Grouped(
                BigInteger.Abs(Big(value)).ToString(CultureInfo.InvariantCulture),
                layout.Commas
            ),
            'x' or 'X' or 'o' or 'b' when value is not double => (layout.Alternate ? "0" + type : "")
                + Based(BigInteger.Abs(Big(value)), type),
            'f' or 'F' => Grouped(TemplateText.Fixed(Math.Abs(Number(value)), layout.Precision ?? 6), layout.Commas),
            'e' or 'E' => Exponent(Math.Abs(Number(value)), layout.Precision ?? 6, type),
            '%' => TemplateText.Fixed(Math.Abs(Number(value)) * 100, layout.Precision ?? 6) + "%",
            '\0' or 'g' when layout.Precision is null && type == '\0' => Grouped(
                TemplateText.Float(Math.Abs(Number(value))),
                layout.Commas
            ),
            _ => throw TemplateText.Error(line, $"the format code '{type}' for {TypeName(value)} is not supported"),
        };
        string plus = layout.Sign == '-' ? "" : $"{layout.Sign}";
        return Padded(layout, digits, negative ? "-" : plus, '>');
    }

    private static string Exponent(double value, int precision, char type)
    {
        string[] parts = value.ToString($"E{precision}", CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return $"{parts[0]}{type}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string Based(BigInteger value, char type)
    {
        int radix = type switch
        {
            'o' => 8,
            'b' => 2,
            _ => 16,
        };
        StringBuilder digits = new(value.IsZero ? "0" : "");
        for (; value.Sign > 0; value /= radix)
        {
            digits.Insert(0, "0123456789abcdef"[(int)(value % radix)]);
        }

        return type == 'X' ? digits.ToString().ToUpperInvariant() : digits.ToString();
    }

    private static string Grouped(string digits, bool commas)
    {
        int whole = digits.IndexOf('.') is >= 0 and var dot ? dot : digits.Length;
        for (int i = whole - 3; commas && i > 0; i -= 3)
        {
            digits = digits.Insert(i, ",");
        }

        return digits;
    }

    private static string Padded(Layout layout, string text, string sign, char defaultAlign)
    {
        int missing = Math.Max(0, layout.Width - TemplateText.Length(text) - sign.Length);
        char align = layout.Align == '\0' ? defaultAlign : layout.Align;
        int left = align switch
        {
            '<' => 0,
            '^' => missing / 2,
            _ => missing,
        };
        string before = new(layout.Fill, left),
            after = new(layout.Fill, missing - left);
        // '=' puts the filling between sign and digits.
        return align == '=' ? sign + before + text : before + sign + text + after;
    }
}
