namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>Kinds of tokens of a query, as far as finding its end needs them.</summary>
internal enum SqlTokenKind
{
    /// <summary>The text is over.</summary>
    End,

    /// <summary>A bare word: keyword or name.</summary>
    Word,

    /// <summary>A text or name in quotes or brackets.</summary>
    Quoted,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A comment of either kind.</summary>
    Comment,

    /// <summary>White space.</summary>
    Space,

    /// <summary>Any other character.</summary>
    Mark,
}

/// <summary>A token of a query in a longer text.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End)
{
    /// <summary>Reads the token that begins at a place.</summary>
    public static SqlToken At(string text, int at)
    {
        if (at >= text.Length)
        {
            return new SqlToken(SqlTokenKind.End, at, at);
        }

        char c = text[at];
        char next = at + 1 < text.Length ? text[at + 1] : '\0';
        return c switch
        {
            '-' when next == '-' => new SqlToken(SqlTokenKind.Comment, at, Or(text.IndexOf('\n', at), text)),
            '/' when next == '*' => new SqlToken(
                SqlTokenKind.Comment,
                at,
                Or(text.IndexOf("*/", at + 2, StringComparison.Ordinal), text, 2)
            ),
            '\'' or '"' or '`' => Quoted(text, at, c),
            '[' when text.IndexOf(']', at) is > 0 and int end && !text.AsSpan(at, end - at).Contains('\n') =>
                new SqlToken(SqlTokenKind.Quoted, at, end + 1),
            _ when char.IsWhiteSpace(c) => new SqlToken(SqlTokenKind.Space, at, Run(text, at, char.IsWhiteSpace)),
            _ when char.IsLetter(c) || c == '_' => new SqlToken(SqlTokenKind.Word, at, Run(text, at, IsName)),
            _ when char.IsAsciiDigit(c) => new SqlToken(SqlTokenKind.Number, at, NumberEnd(text, at)),
            _ => new SqlToken(SqlTokenKind.Mark, at, at + 1),
        };
    }

    /// <summary>Returns the characters of the token.</summary>
    public string In(string text) => text[Start..End];

    private static int Or(int found, string text, int more = 0) => found < 0 ? text.Length : found + more;

    private static bool IsName(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    private static int Run(string text, int at, Func<char, bool> belongs)
    {
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return at;
    }

    // The full stop at the end of a sentence does not belong to a number.
    private static int NumberEnd(string text, int at)
    {
        int end = Run(text, at, char.IsAsciiLetterOrDigit);
        return end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1])
            ? Run(text, end + 1, char.IsAsciiLetterOrDigit)
            : end;
    }

    // A doubled quote means one quote. A quote that is never closed reaches to the end of its line.
    private static SqlToken Quoted(string text, int at, char quote)
    {
        for (int i = at + 1; i < text.Length; i++)
        {
            if (text[i] == quote && i + 1 < text.Length && text[i + 1] == quote)
            {
                i++;
            }
            else if (text[i] == quote)
            {
                return new SqlToken(SqlTokenKind.Quoted, at, i + 1);
            }
        }

        return new SqlToken(SqlTokenKind.Quoted, at, Or(text.IndexOf('\n', at), text));
    }
}
