using System.Globalization;
using System.Text;

namespace Fulcrum.Templates;

/// <content>Reads the tokens inside a tag.</content>
internal sealed partial class TemplateLexer
{
    /// <summary>Adds the token at the position; returns the change of bracket depth.</summary>
    private int Token()
    {
        char c = source[position];
        if (char.IsAsciiDigit(c))
        {
            Number();
        }
        else if (c == '_' || char.IsLetter(c))
        {
            int end = position;
            while (end < source.Length && (source[end] == '_' || char.IsLetterOrDigit(source[end])))
            {
                end++;
            }

            Add(TemplateTokenKind.Name, source[position..end], end);
        }
        else if (c is '"' or '\'')
        {
            Quoted(c);
        }
        else
        {
            return Operator();
        }

        return 0;
    }

    private int Operator()
    {
        string text =
            Array.Find(Operators, o => string.CompareOrdinal(source, position, o, 0, o.Length) == 0)
            ?? throw TemplateText.Error(line, $"unexpected character '{source[position]}'");
        Add(TemplateTokenKind.Operator, text, position + text.Length);
        return text switch
        {
            "(" or "[" or "{" => 1,
            ")" or "]" or "}" => -1,
            _ => 0,
        };
    }

    private void Number()
    {
        int end = Digits(position);
        bool real = false;
        if (
            end + 1 < source.Length
            && source[end] == '.'
            && char.IsAsciiDigit(source[end + 1])
            && !(position > 0 && source[position - 1] == '.')
        )
        {
            (end, real) = (Digits(end + 1), true);
        }

        if (end < source.Length && source[end] is 'e' or 'E')
        {
            int exponent = end + 1 < source.Length && source[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                (end, real) = (Digits(exponent), true);
            }
        }

        Add(
            real ? TemplateTokenKind.Float : TemplateTokenKind.Integer,
            source[position..end].Replace("_", "", StringComparison.Ordinal),
            end
        );
    }

    private int Digits(int at)
    {
        while (
            at < source.Length
            && (
                char.IsAsciiDigit(source[at])
                || (source[at] == '_' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1]))
            )
        )
        {
            at++;
        }

        return at;
    }

    private void Quoted(char quote)
    {
        int end = position + 1;
        while (end < source.Length && source[end] != quote)
        {
            end += source[end] == '\\' ? 2 : 1;
        }

        if (end >= source.Length)
        {
            throw TemplateText.Error(line, "a quoted text has no end");
        }

        Add(TemplateTokenKind.Text, Unescape(source[(position + 1)..end]), end + 1);
    }

    /// <summary>Replaces Python's escapes in a text; an unknown one stays as written.</summary>
    private string Unescape(string text)
    {
        StringBuilder result = new(text.Length);
        for (int at = 0; at < text.Length; )
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at = AppendEscape(text, at + 1, result);
            }
            else
            {
                result.Append(text[at++]);
            }
        }

        return result.ToString();
    }

    // Appends the character of an escape after its backslash; returns the index after the escape.
    private int AppendEscape(string text, int at, StringBuilder result)
    {
        char c = text[at];
        if ("abfnrtv\\'\"".IndexOf(c) is >= 0 and var letter)
        {
            result.Append("\a\b\f\n\r\t\v\\'\""[letter]);
            return at + 1;
        }

        int digits = c switch
        {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if (digits > 0)
        {
            result.Append(CodePoint(text, at + 1, digits));
            return at + 1 + digits;
        }

        if (IsOctal(c))
        {
            int end = at;
            while (end < text.Length && end < at + 3 && IsOctal(text[end]))
            {
                end++;
            }

            result.Append((char)Convert.ToInt32(text[at..end], 8));
            return end;
        }

        // A backslash at the end of a line continues the text on the next line.
        if (c != '\n')
        {
            result.Append('\\').Append(c);
        }

        return at + 1;
    }

    private static bool IsOctal(char c) => c is >= '0' and <= '7';

    private string CodePoint(string text, int at, int digits)
    {
        bool read = uint.TryParse(
            text.AsSpan(at, Math.Min(digits, text.Length - at)),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out uint value
        );
        if (!read || at + digits > text.Length || value > 0x10FFFF)
        {
            throw TemplateText.Error(line, "a quoted text has a broken escape");
        }

        return value < 0x10000 ? ((char)value).ToString() : char.ConvertFromUtf32((int)value);
    }
}
