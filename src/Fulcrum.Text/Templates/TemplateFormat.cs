using System.Globalization;
using System.Numerics;
using System.Text;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>Python's two ways to format values: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
internal static partial class TemplateFormat
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
}
