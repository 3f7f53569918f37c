using System.Globalization;
using System.Numerics;
using System.Text;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Reads a literal of Python (<c>ast.literal_eval</c>): texts, numbers, True, False, None, lists, tuples and
/// mappings.</summary>
internal sealed class PythonLiteral
{
    private const int Deepest = 100;
    private readonly string text;
    private int at,
        depth;

    private PythonLiteral(string text) => this.text = text;

    /// <summary>The value of a literal.</summary>
    /// <exception cref="FormatException">The text is no literal; says where.</exception>
    public static object? Parse(string text)
    {
        PythonLiteral reader = new(text.Trim(' ', '\t'));
        object? value = reader.Value();
        reader.Space();
        return reader.at == reader.text.Length ? value : throw reader.Error();
    }

    private object? Value()
    {
        Space();
        if (++depth > Deepest)
        {
            throw new FormatException("it nests too deep");
        }

        char c = at < text.Length ? text[at] : throw Error();
        object? value = c switch
        {
            '[' => Items(']'),
            '(' => Tuple(),
            '{' => Mapping(),
            '\'' or '"' => Texts(),
            _ when char.IsLetter(c) && Quote() => Texts(),
            _ when char.IsLetter(c) => Name(),
            _ => Number(),
        };
        depth--;
        return value;
    }

    private List<object?> Items(char end)
    {
        at++;
        List<object?> items = [];
        for (Space(); !Takes(end); Space())
        {
            items.Add(Value());
            Space();
            if (!Takes(',') && !(at < text.Length && text[at] == end))
            {
                throw Error();
            }
        }

        return items;
    }

    private object? Tuple()
    {
        int start = at;
        List<object?> items = Items(')');
        bool single = items.Count == 1 && !text[start..at].TrimEnd(')', ' ').EndsWith(',');
        return single ? items[0] : TemplateSequence.Of(items);
    }

    private TemplateMap Mapping()
    {
        at++;
        TemplateMap map = [];
        for (Space(); !Takes('}'); Space())
        {
            string key = Value() as string ?? throw new FormatException("a key of a mapping must be a text");
            Space();
            if (!Takes(':'))
            {
                throw Error();
            }

            map[key] = Value();
            Space();
            if (!Takes(',') && !(at < text.Length && text[at] == '}'))
            {
                throw Error();
            }
        }

        return map;
    }

    private object? Name()
    {
        int start = at;
        while (at < text.Length && char.IsLetterOrDigit(text[at]))
        {
            at++;
        }

        return text[start..at] switch
        {
            "True" => true,
            "False" => false,
            "None" => null,
            var name => throw new FormatException($"'{name}' is no literal"),
        };
    }

    // Adjacent texts are concatenated.
    private string Texts()
    {
        StringBuilder all = new();
        do
        {
            all.Append(One());
            Space();
        } while (at < text.Length && (text[at] is '\'' or '"' || Quote()));
        return all.ToString();
    }

    private bool Quote()
    {
        int i = at;
        while (i < text.Length && i < at + 2 && text[i] is ('r' or 'R' or 'u' or 'U'))
        {
            i++;
        }

        return i > at && i < text.Length && text[i] is ('\'' or '"');
    }

    private string One()
    {
        bool raw = false;
        for (; text[at] is not ('\'' or '"'); at++)
        {
            raw |= text[at] is 'r' or 'R';
        }

        string quote = text[at].ToString();
        string triple = new(text[at], 3);
        quote = string.CompareOrdinal(text, at, triple, 0, 3) == 0 ? triple : quote;
        at += quote.Length;
        StringBuilder value = new();
        while (string.CompareOrdinal(text, at, quote, 0, quote.Length) != 0)
        {
            if (at >= text.Length || (text[at] == '\n' && quote.Length == 1))
            {
                throw Error();
            }

            _ = text[at] == '\\' && !raw ? value.Append(Escape()) : value.Append(text[at++]);
        }

        at += quote.Length;
        return value.ToString();
    }

    private string Escape()
    {
        char c = at + 1 < text.Length ? text[at + 1] : throw Error();
        at += 2;
        return c switch
        {
            '\n' => "",
            '\\' or '\'' or '"' => c.ToString(),
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'a' => "\a",
            'b' => "\b",
            'f' => "\f",
            'v' => "\v",
            'x' => Code(2),
            'u' => Code(4),
            'U' => Code(8),
            >= '0' and <= '7' => Octal(),
            _ => "\\" + c,
        };
    }

    private string Code(int digits)
    {
        string hexadecimal = at + digits <= text.Length ? text[at..(at + digits)] : "";
        at += hexadecimal.Length;
        return
            int.TryParse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int code)
            && Rune.TryCreate(code, out Rune rune)
            ? rune.ToString()
            : throw Error();
    }

    private string Octal()
    {
        int code = text[at - 1] - '0';
        for (int i = 0; i < 2 && at < text.Length && text[at] is >= '0' and <= '7'; i++)
        {
            code = code * 8 + text[at++] - '0';
        }

        return ((char)code).ToString();
    }

    private object? Number()
    {
        int start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '.' or '_' or '+' or '-'))
        {
            at++;
        }

        string digits = text[start..at].Replace("_", "", StringComparison.Ordinal);
        bool whole =
            digits.TrimStart('+', '-').All(char.IsAsciiDigit)
            && digits.TrimStart('+', '-') is var d
            && d.Length > 0
            && (d[0] != '0' || d.Trim('0').Length == 0);
        return whole
            && BigInteger.TryParse(
                digits,
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out BigInteger number
            )
                ? TemplateValues.Int(number)
            : digits.AsSpan().ContainsAny(".eE")
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)
                ? real
            : throw Error();
    }

    private bool Takes(char c)
    {
        if (at >= text.Length)
        {
            throw Error();
        }

        if (text[at] != c)
        {
            return false;
        }

        at++;
        return true;
    }

    private void Space()
    {
        while (at < text.Length && text[at] is (' ' or '\t' or '\n' or '\r' or '\f'))
        {
            at++;
        }
    }

    private FormatException Error() =>
        new(at < text.Length ? $"'{text[at]}' at character {at} is not expected" : "it ends too early");
}
