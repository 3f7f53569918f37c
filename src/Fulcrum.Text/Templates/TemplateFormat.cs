using System.Globalization;
using System.Numerics;
using System.Text;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>Python's two ways to format values: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
internal static class TemplateFormat
{
    private const int Widest = 1 << 12;

    /// <summary>A field's layout.</summary>
    private sealed record Layout(
        char Fill = ' ',
        char Align = '\0',
        char Sign = '-',
        bool Alternate = false,
        int Width = 0,
        bool Commas = false,
        int? Precision = null,
        char Type = '\0'
    );

    public static string Percent(string format, object? values, int line)
    {
        StringBuilder text = new();
        List<object?> given = values is TemplateSequence { Kind: TemplateSequence.Tuple } tuple ? tuple : [values];
        int used = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            string? key = null;
            if (++i < format.Length && format[i] == '(' && format.IndexOf(')', i) is > 0 and int close)
            {
                (key, i) = (format[(i + 1)..close], close + 1);
            }

            Layout layout = Flags(format, ref i, line);
            char type = i < format.Length ? format[i] : throw TemplateText.Error(line, "incomplete format");
            if (type == '%')
            {
                text.Append('%');
                continue;
            }

            object? value =
                key is not null
                    ? (
                        values is TemplateMap map
                            ? (
                                map.TryGetValue(key, out object? v)
                                    ? v
                                    : throw TemplateText.Error(line, TemplateText.Quote(key))
                            )
                            : throw TemplateText.Error(line, "format requires a mapping")
                    )
                : used < given.Count ? given[used++]
                : throw TemplateText.Error(line, "not enough arguments for format string");
            text.Append(Percented(layout, type, value, line));
            TemplateSize.Check(1, text.Length, line);
        }

        return
            used == given.Count || values is TemplateMap || (values is List<object?> && !ReferenceEquals(values, given))
            ? text.ToString()
            : throw TemplateText.Error(line, "not all arguments converted during string formatting");
    }

    /// <summary><c>str.format</c> with fields by position or name, without attributes or nesting.</summary>
    public static string Braces(
        string format,
        IReadOnlyList<object?> positional,
        IReadOnlyDictionary<string, object?> named,
        int line
    )
    {
        StringBuilder text = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] is '{' or '}' && i + 1 < format.Length && format[i + 1] == format[i])
            {
                text.Append(format[i++]);
            }
            else if (format[i] == '{')
            {
                int close = format.IndexOf('}', i) is > 0 and var c
                    ? c
                    : throw TemplateText.Error(line, "expected '}' before end of string");
                string[] parts = format[(i + 1)..close].Split(':', 2),
                    field = parts[0].Split('!', 2);
                object? value =
                    field[0].Length == 0 ? At(next++)
                    : int.TryParse(field[0], NumberStyles.None, CultureInfo.InvariantCulture, out int place) ? At(place)
                    : named.TryGetValue(field[0], out object? found) ? found
                    : throw TemplateText.Error(line, $"the field '{field[0]}' of a format is not given");
                text.Append(
                    Field(
                        field.Length < 2 ? value
                            : field[1] == "r" ? Repr(value)
                            : Text(value),
                        parts.Length < 2 ? "" : parts[1],
                        line
                    )
                );
                TemplateSize.Check(1, text.Length, line);
                i = close;
            }
            else
            {
                text.Append(
                    format[i] == '}'
                        ? throw TemplateText.Error(line, "Single '}' encountered in format string")
                        : format[i]
                );
            }
        }

        return text.ToString();

        object? At(int place) =>
            place < positional.Count
                ? positional[place]
                : throw TemplateText.Error(line, $"Replacement index {place} out of range for positional args tuple");
    }

    private static string Field(object? value, string spec, int line)
    {
        if (spec.Length == 0)
        {
            return Text(value);
        }

        int i = 0;
        Layout layout = new();
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=')
        {
            (layout, i) = (layout with { Fill = spec[0], Align = spec[1] }, 2);
        }
        else if (spec[0] is '<' or '>' or '^' or '=')
        {
            (layout, i) = (layout with { Align = spec[0] }, 1);
        }

        layout = Flags(spec, ref i, line) is var f
            ? layout with
            {
                Sign = f.Sign,
                Alternate = f.Alternate,
                Width = f.Width,
                Precision = f.Precision,
                Commas = f.Commas,
                Fill = f.Fill == '0' && layout.Align == '\0' ? '0' : layout.Fill,
                Align = layout.Align == '\0' ? f.Align : layout.Align,
            }
            : layout;
        char type = i < spec.Length ? spec[i++] : '\0';
        if (i < spec.Length)
        {
            throw TemplateText.Error(line, $"the format '{spec}' is not supported");
        }

        return value is string text
            ? Padded(layout, layout.Precision is { } p && p < text.Length ? text[..p] : text, "", '<')
            : Formatted(layout, type, value, line);
    }

    private static Layout Flags(string format, ref int i, int line)
    {
        Layout layout = new();
        for (; i < format.Length && "-+ #0".Contains(format[i], StringComparison.Ordinal); i++)
        {
            layout = format[i] switch
            {
                '-' => layout with { Align = '<' },
                '0' => layout with { Fill = '0', Align = layout.Align == '<' ? '<' : '=' },
                '#' => layout with { Alternate = true },
                var sign => layout with { Sign = sign },
            };
        }

        layout = layout with { Width = Digits(format, ref i, line) ?? 0 };
        if (i < format.Length && format[i] == ',')
        {
            i++;
            layout = layout with { Commas = true };
        }

        if (i < format.Length && format[i] == '.')
        {
            i++;
            layout = layout with { Precision = Digits(format, ref i, line) ?? 0 };
        }

        return layout;
    }

    private static int? Digits(string format, ref int i, int line)
    {
        int start = i;
        while (i < format.Length && char.IsAsciiDigit(format[i]))
        {
            i++;
        }

        return i == start ? null
            : int.TryParse(format.AsSpan(start, i - start), CultureInfo.InvariantCulture, out int n) && n <= Widest ? n
            : throw TemplateText.Error(line, "a format asks for too many characters");
    }

    private static string Percented(Layout layout, char type, object? value, int line)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                string text = type == 's' ? Text(value) : Repr(value);
                return Padded(
                    layout with
                    {
                        Fill = ' ',
                        Align = layout.Align == '<' ? '<' : '>',
                    },
                    layout.Precision is { } p && p < text.Length ? text[..p] : text,
                    "",
                    '>'
                );
            case 'c':
                return Padded(
                    layout with
                    {
                        Fill = ' ',
                    },
                    value is string one ? one : char.ConvertFromUtf32((int)Whole(value)),
                    "",
                    '>'
                );
            case 'd' or 'i' or 'u':
                _ = IsNumber(value)
                    ? true
                    : throw TemplateText.Error(
                        line,
                        $"%{type} format: a real number is required, not {TypeName(value)}"
                    );
                return Formatted(
                    layout with
                    {
                        Precision = null,
                    },
                    'd',
                    value is double d ? Int(new BigInteger(Math.Truncate(d))) : value,
                    line
                );
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
        return Padded(
            layout,
            digits,
            negative ? "-"
                : layout.Sign == '-' ? ""
                : $"{layout.Sign}",
            '>'
        );
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

    private static string Padded(Layout layout, string text, string sign, char usual)
    {
        int missing = layout.Width - TemplateText.Length(text) - sign.Length;
        return missing <= 0
            ? sign + text
            : (layout.Align == '\0' ? usual : layout.Align) switch
            {
                '<' => sign + text + new string(layout.Fill, missing),
                '^' => new string(layout.Fill, missing / 2)
                    + sign
                    + text
                    + new string(layout.Fill, missing - missing / 2),
                '=' => sign + new string(layout.Fill, missing) + text,
                _ => new string(layout.Fill, missing) + sign + text,
            };
    }
}
