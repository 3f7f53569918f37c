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
    /// <param name="Align">One of <c>&lt; &gt; ^ =</c>; <c>\0</c>: the default of the value's type.</param>
    /// <param name="Sign">Written before a number that is not negative; <c>-</c>: nothing.</param>
    /// <param name="Alternate">Whether a prefix such as <c>0x</c> tells the base.</param>
    /// <param name="Width">The smallest number of characters.</param>
    /// <param name="Commas">Whether commas separate the thousands.</param>
    /// <param name="Precision">Digits after the point of a float, or the largest number of characters of a text; null:
    /// the default.</param>
    private sealed record Layout(
        char Fill = ' ',
        char Align = '\0',
        char Sign = '-',
        bool Alternate = false,
        int Width = 0,
        bool Commas = false,
        int? Precision = null
    );

    /// <summary>Python's <c>format % values</c>.</summary>
    /// <exception cref="InputException">The format is malformed, or has other fields than there are values.</exception>
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
                key is not null ? Named(values, key, line)
                : used < given.Count ? given[used++]
                : throw TemplateText.Error(line, "not enough arguments for format string");
            text.Append(Percented(layout, type, value, line));
            TemplateSize.Check(1, text.Length, line);
        }

        bool mayBeUnused = values is TemplateMap || (values is List<object?> && !ReferenceEquals(values, given));
        return used == given.Count || mayBeUnused
            ? text.ToString()
            : throw TemplateText.Error(line, "not all arguments converted during string formatting");
    }

    private static object? Named(object? values, string key, int line)
    {
        TemplateMap map = values as TemplateMap ?? throw TemplateText.Error(line, "format requires a mapping");
        return map.TryGetValue(key, out object? value)
            ? value
            : throw TemplateText.Error(line, TemplateText.Quote(key));
    }

    /// <summary><c>str.format</c> with fields by position or name, without attributes or nesting.</summary>
    /// <exception cref="InputException">The format is malformed or not supported, or a field is not given.</exception>
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
            char c = format[i];
            bool isDoubled = i + 1 < format.Length && format[i + 1] == c;
            if (c is not ('{' or '}'))
            {
                text.Append(c);
            }
            else if (isDoubled)
            {
                text.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw TemplateText.Error(line, "Single '}' encountered in format string");
            }
            else
            {
                int close = format.IndexOf('}', i);
                if (close < 0)
                {
                    throw TemplateText.Error(line, "expected '}' before end of string");
                }

                text.Append(Replacement(format[(i + 1)..close]));
                TemplateSize.Check(1, text.Length, line);
                i = close;
            }
        }

        return text.ToString();

        // A field is NAME!CONVERSION:SPECIFICATION; all parts may be missing.
        string Replacement(string field)
        {
            string[] parts = field.Split(':', 2),
                nameAndConversion = parts[0].Split('!', 2);
            object? value = Argument(nameAndConversion[0]);
            object? converted =
                nameAndConversion.Length < 2 ? value
                : nameAndConversion[1] == "r" ? Repr(value)
                : Text(value);
            return Field(converted, parts.Length < 2 ? "" : parts[1], line);
        }

        object? Argument(string name) =>
            name.Length == 0 ? At(next++)
            : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int place) ? At(place)
            : named.TryGetValue(name, out object? found) ? found
            : throw TemplateText.Error(line, $"the field '{name}' of a format is not given");

        object? At(int place) =>
            place < positional.Count
                ? positional[place]
                : throw TemplateText.Error(line, $"Replacement index {place} out of range for positional args tuple");
    }

    private static string Field(object? value, string specification, int line)
    {
        if (specification.Length == 0)
        {
            return Text(value);
        }

        int i = 0;
        char? fill = null,
            align = null;
        if (specification.Length > 1 && IsAlignment(specification[1]))
        {
            (fill, align, i) = (specification[0], specification[1], 2);
        }
        else if (IsAlignment(specification[0]))
        {
            (align, i) = (specification[0], 1);
        }

        Layout layout = Flags(specification, ref i, line);
        // A zero before the width fills up only if no alignment is given.
        layout = layout with
        {
            Fill = fill ?? (align is null ? layout.Fill : ' '),
            Align = align ?? layout.Align,
        };
        char type = i < specification.Length ? specification[i++] : '\0';
        if (i < specification.Length)
        {
            throw TemplateText.Error(line, $"the format '{specification}' is not supported");
        }

        return value is string text
            ? Padded(layout, Shortened(text, layout), "", '<')
            : Formatted(layout, type, value, line);
    }

    private static bool IsAlignment(char c) => c is '<' or '>' or '^' or '=';

    private static string Shortened(string text, Layout layout) =>
        layout.Precision is { } longest && longest < text.Length ? text[..longest] : text;

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
