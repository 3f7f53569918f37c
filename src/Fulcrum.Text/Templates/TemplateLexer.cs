namespace Fulcrum.Templates;

/// <summary>Splits a template into tokens and applies the rules for white space
/// (<see cref="TemplateSpacing"/>).</summary>
internal sealed partial class TemplateLexer
{
    private static readonly string[] Operators =
    [
        "**",
        "//",
        "==",
        "!=",
        "<=",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "~",
        "<",
        ">",
        "=",
        ".",
        ":",
        "|",
        ",",
        ";",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
    ];

    private readonly string source;
    private readonly bool trims;
    private readonly List<TemplateToken> tokens = [];
    private int position;
    private int line = 1;
    private bool lineStarting = true;

    private TemplateLexer(string source, bool trims) => (this.source, this.trims) = (source, trims);

    public static List<TemplateToken> Tokens(string template, TemplateSpacing spacing = TemplateSpacing.Trimmed)
    {
        string text = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        bool trims = spacing == TemplateSpacing.Trimmed;
        TemplateLexer lexer = new(trims && text.EndsWith('\n') ? text[..^1] : text, trims);
        lexer.Run();
        return lexer.tokens;
    }

    private void Run()
    {
        while (position < source.Length)
        {
            int tag = NextTag(position);
            if (tag < 0)
            {
                Data(source[position..]);
                Advance(source.Length);
                break;
            }

            Tag(tag);
        }

        tokens.Add(new(TemplateTokenKind.End, "end of template", line));
    }

    private int NextTag(int from)
    {
        for (int at = source.IndexOf('{', from); at >= 0 && at + 1 < source.Length; at = source.IndexOf('{', at + 1))
        {
            if (source[at + 1] is '{' or '%' or '#')
            {
                return at;
            }
        }

        return -1;
    }

    private void Tag(int tag)
    {
        char kind = source[tag + 1],
            sign = tag + 2 < source.Length ? source[tag + 2] : '\0';
        Data(Before(source[position..tag], kind, sign));
        Advance(tag);
        int opened = line;
        Advance(tag + (sign is '-' or '+' ? 3 : 2));
        switch (kind)
        {
            case '#':
                Comment(opened);
                break;
            case '%' when RawBegins(out int raw):
                Raw(raw, opened);
                break;
            default:
                tokens.Add(
                    new(
                        kind == '{' ? TemplateTokenKind.VariableBegin : TemplateTokenKind.BlockBegin,
                        source[tag..position],
                        opened
                    )
                );
                Inside(kind == '{', opened);
                break;
        }
    }

    /// <summary>Returns the text before a tag, without the white space that the tag's sign or <c>lstrip_blocks</c>
    /// removes.</summary>
    private string Before(string text, char kind, char sign)
    {
        if (sign == '-')
        {
            return text[..TemplateText.TrimmedEnd(text)];
        }

        int start = text.LastIndexOf('\n') + 1;
        bool strip =
            trims
            && sign != '+'
            && kind != '{'
            && (start > 0 || lineStarting)
            && TemplateText.TrimmedEnd(text) <= start;
        return strip ? text[..start] : text;
    }

    private void Comment(int opened)
    {
        int end = source.IndexOf("#}", position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw TemplateText.Error(opened, "a comment '{#' has no end '#}'");
        }

        Advance(end);
        CloseTag(end > 0 ? source[end - 1] : '\0', trim: true);
    }

    private bool RawBegins(out int content)
    {
        content = SkipSpace(position);
        if (string.CompareOrdinal(source, content, "raw", 0, 3) != 0)
        {
            return false;
        }

        content = SkipSpace(content + 3);
        int dash = content < source.Length && source[content] == '-' ? 1 : 0;
        if (string.CompareOrdinal(source, content + dash, "%}", 0, 2) != 0)
        {
            return false;
        }

        content = dash == 1 ? SkipSpace(content + 3) : content + 2;
        return true;
    }

    private void Raw(int content, int opened)
    {
        Advance(content);
        for (
            int tag = source.IndexOf("{%", position, StringComparison.Ordinal);
            tag >= 0;
            tag = source.IndexOf("{%", tag + 2, StringComparison.Ordinal)
        )
        {
            char sign = tag + 2 < source.Length ? source[tag + 2] : '\0';
            int name = SkipSpace(tag + (sign is '-' or '+' ? 3 : 2));
            if (string.CompareOrdinal(source, name, "endraw", 0, 6) != 0)
            {
                continue;
            }

            int close = SkipSpace(name + 6);
            char mark = close < source.Length && source[close] is '-' or '+' ? source[close++] : '\0';
            if (string.CompareOrdinal(source, close, "%}", 0, 2) == 0)
            {
                Data(Before(source[position..tag], '%', sign));
                Advance(close);
                CloseTag(mark, trim: true);
                return;
            }
        }

        throw TemplateText.Error(opened, "'raw' has no 'endraw'");
    }

    /// <summary>Skips the two characters that end a tag, and the white space that they strip.</summary>
    private void CloseTag(char mark, bool trim)
    {
        int end = position + 2;
        if (mark == '-')
        {
            end = SkipSpace(end);
        }
        else if (trim && trims && mark != '+' && end < source.Length && source[end] == '\n')
        {
            end++;
        }

        lineStarting = source[end - 1] == '\n';
        Advance(end);
    }

    private void Inside(bool variable, int opened)
    {
        string close = variable ? "}}" : "%}";
        for (int depth = 0; ; )
        {
            Advance(SkipSpace(position));
            if (position >= source.Length)
            {
                throw TemplateText.Error(opened, $"a tag has no end '{close}'");
            }

            if (depth == 0 && Ends(close, variable, out char mark))
            {
                tokens.Add(new(variable ? TemplateTokenKind.VariableEnd : TemplateTokenKind.BlockEnd, close, line));
                Advance(position + (mark == '\0' ? 0 : 1));
                CloseTag(mark, trim: !variable);
                return;
            }

            depth += Token();
        }
    }

    private bool Ends(string close, bool variable, out char mark)
    {
        mark = source[position] == '-' || (source[position] == '+' && !variable) ? source[position] : '\0';
        return string.CompareOrdinal(source, position + (mark == '\0' ? 0 : 1), close, 0, 2) == 0;
    }

    private void Add(TemplateTokenKind kind, string text, int end)
    {
        tokens.Add(new(kind, text, line));
        Advance(end);
    }

    private void Data(string text)
    {
        if (text.Length > 0)
        {
            tokens.Add(new(TemplateTokenKind.Data, text, line));
        }
    }

    private int SkipSpace(int at)
    {
        while (at < source.Length && TemplateText.IsSpace(source[at]))
        {
            at++;
        }

        return at;
    }

    private void Advance(int to)
    {
        line += source.AsSpan(position, to - position).Count('\n');
        position = to;
    }
}
