namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>How much a stretch of text looks like a query; better ones come first.</summary>
internal enum SqlShape
{
    /// <summary>A query with its parts.</summary>
    Complete,

    /// <summary>A query that runs into a sentence on its last line and was cut there.</summary>
    Cut,

    /// <summary>A SELECT of expressions, without a table.</summary>
    Plain,

    /// <summary>A beginning that could be a query but lacks parts.</summary>
    Doubtful,

    /// <summary>A sentence that begins with Select or With.</summary>
    Prose,
}

/// <summary>Reads one query in a longer text: where it ends, and how much it looks like one.</summary>
internal sealed class SqlStatement
{
    private const int LongestRunOfNames = 2;
    private readonly string text;
    private readonly string opener;
    private readonly List<SqlToken> tokens = [];

    // Words at the outer level since the last SELECT: a clause does not come twice.
    private readonly HashSet<string> clauses = new(StringComparer.OrdinalIgnoreCase);
    private int depth,
        names;
    private bool cut,
        from;

    private SqlStatement(string text, int start, string opener)
    {
        (this.text, this.opener) = (text, opener);
        End = start;
        Read(start);
        Shape = ShapeOf();
    }

    /// <summary>The place behind the query.</summary>
    public int End { get; private set; }

    /// <summary>How much it looks like a query.</summary>
    public SqlShape Shape { get; }

    /// <summary>Reads the query that begins at a place with SELECT or WITH.</summary>
    /// <param name="opener">What stands directly before it and would close it: a quote, a backtick, asterisks; or
    /// empty.</param>
    public static SqlStatement At(string text, int start, string opener) => new(text, start, opener);

    private void Read(int at)
    {
        bool line = false,
            blank = false;
        for (
            SqlToken token = SqlToken.At(text, at);
            token.Kind != SqlTokenKind.End;
            token = SqlToken.At(text, token.End)
        )
        {
            if (token.Kind is SqlTokenKind.Space or SqlTokenKind.Comment)
            {
                int breaks =
                    token.Kind == SqlTokenKind.Space
                        ? text.AsSpan(token.Start, token.End - token.Start).Count('\n')
                        : 0;
                (line, blank) = (line || breaks > 0, blank || breaks > 1);
                continue;
            }

            if (tokens.Count > 0 && (IsClosing(token) || (line && !GoesOn(token, blank)) || EndsInProse(token, line)))
            {
                return;
            }

            Take(token);
            (line, blank) = (false, false);
        }
    }

    private void Take(SqlToken token)
    {
        string written = token.In(text);
        depth +=
            written == "(" ? 1
            : written == ")" ? -1
            : 0;
        from |= depth == 0 && Is(token, "FROM");
        if (depth == 0 && token.Kind == SqlTokenKind.Word)
        {
            if (Is(token, "SELECT"))
            {
                clauses.Clear();
            }

            clauses.Add(written);
        }

        names = IsName(token) ? names + 1 : 0;
        tokens.Add(token);
        End = token.End;
    }

    // Marks that cannot stand in a query, or that close what stands before it.
    private bool IsClosing(SqlToken token)
    {
        ReadOnlySpan<char> rest = text.AsSpan(token.Start);
        if (
            rest[0] == ';'
            || rest.StartsWith("```")
            || rest.StartsWith("~~~")
            || rest.StartsWith("<|")
            || (rest[0] == ')' && depth == 0)
        )
        {
            return true;
        }

        if (rest.Length > 2 && rest[0] is '<' or '[' && rest[1] == '/' && char.IsLetter(rest[2]))
        {
            return true;
        }

        bool closes = opener.Length > 0 && rest.StartsWith(opener) && ClosesBefore(token.Start + opener.Length);
        return (closes && !IsOpen(tokens.Count - 1)) || IsSentenceEnd(token, rest);
    }

    private bool ClosesBefore(int at) =>
        at >= text.Length || !(char.IsLetterOrDigit(text[at]) || text[at] is '_' or '=' or '<' or '%');

    // "... FROM t." at the end of a line or before a sentence; "T1. name" is one name.
    private bool IsSentenceEnd(SqlToken token, ReadOnlySpan<char> rest)
    {
        bool behindMark = tokens[^1].Kind == SqlTokenKind.Mark && IsOpen(tokens.Count - 1);
        if (
            rest[0] is not ('.' or '?' or '!' or ':')
            || behindMark
            || token.Start != End
            || (
                rest.Length > 1
                && !char.IsWhiteSpace(rest[1])
                && rest[1] is not ('*' or '`' or '"' or '\'' or ')' or '<')
            )
        )
        {
            return false;
        }

        int line = rest.IndexOf('\n');
        ReadOnlySpan<char> behind = (line < 0 ? rest : rest[..line])[1..].Trim("*`\"') ");
        return rest[0] != '.' || behind.IsEmpty || behind[0] == '<' || SqlProse.IsSentence(behind.ToString());
    }

    // A new line belongs to the query if the query is incomplete or if the line's first word continues one, unless it
    // is a
    // sentence.
    private bool GoesOn(SqlToken token, bool blank)
    {
        bool open = IsOpen(tokens.Count - 1);
        if (open && !blank)
        {
            return true;
        }

        string word = token.In(text);
        bool inside = open || depth > 0;
        bool continues = token.Kind switch
        {
            SqlTokenKind.Word when word.Equals("SELECT", StringComparison.OrdinalIgnoreCase) => inside
                || IsMainOfWith(),
            SqlTokenKind.Word when SqlWords.IsClause(word) => inside || !clauses.Contains(word),
            SqlTokenKind.Word => inside || SqlWords.Continues(word),
            SqlTokenKind.Mark => inside
                || word is "," or "(" or ")" or "+" or "-" or "/" or "%" or "=" or "<" or ">" or "!" or "|" or ".",
            _ => inside,
        };
        int end = text.IndexOf('\n', token.Start);
        return continues && !SqlProse.IsSentence(end < 0 ? text[token.Start..] : text[token.Start..end]);
    }

    // The SELECT behind the last common table expression.
    private bool IsMainOfWith() => Is(tokens[0], "WITH") && depth == 0 && text[tokens[^1].Start] == ')';

    // Words of sentences end the query; so do more bare names in a row than a query can have.
    private bool EndsInProse(SqlToken token, bool line)
    {
        if (token.Kind != SqlTokenKind.Word || line)
        {
            names = line ? 0 : names;
            return false;
        }

        string word = token.In(text);
        SqlToken before = tokens[^1];
        bool member = text[before.Start] == '.' || (token.End < text.Length && text[token.End] is '.' or '(');
        bool prose =
            !member
            && !Is(before, "AS")
            && (SqlWords.IsProse(word) || IsStrayWith(token, before) || (IsName(token) && names >= LongestRunOfNames));
        cut |= prose;
        return prose;
    }

    private bool IsStrayWith(SqlToken token, SqlToken before) =>
        Is(token, "WITH") && text[before.Start] is not ('(' or ')');

    private bool IsName(SqlToken token) => token.Kind == SqlTokenKind.Word && !SqlWords.IsKeyword(token.In(text));

    private bool Is(SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && token.In(text).Equals(word, StringComparison.OrdinalIgnoreCase);

    // Whether something must follow the token; a star that stands for all columns is complete.
    private bool IsOpen(int at)
    {
        SqlToken token = tokens[at];
        string written = token.In(text);
        return token.Kind switch
        {
            SqlTokenKind.Word => SqlWords.IsOpen(written),
            SqlTokenKind.Mark when written == "*" => !(
                at > 0 && (IsOpen(at - 1) || text[tokens[at - 1].Start] is '.' or '(')
            ),
            SqlTokenKind.Mark => written
                is ","
                    or "("
                    or "+"
                    or "-"
                    or "/"
                    or "%"
                    or "="
                    or "<"
                    or ">"
                    or "!"
                    or "|"
                    or "&"
                    or "~"
                    or ".",
            _ => false,
        };
    }

    private SqlShape ShapeOf()
    {
        bool with = Is(tokens[0], "WITH");
        if (with ? !BeginsExpression() : tokens.Count < 2 || IsBroken())
        {
            return cut || tokens.Count < 2 || with || Is(tokens[1], "AND") || Is(tokens[1], "OR")
                ? SqlShape.Prose
                : SqlShape.Doubtful;
        }

        bool ends = depth == 0 && !IsOpen(tokens.Count - 1);
        return from && ends ? (cut ? SqlShape.Cut : SqlShape.Complete)
            : cut ? SqlShape.Prose
            : !from
            && !with
            && ends
            && tokens.Skip(1).Any(t => t.Kind is SqlTokenKind.Number or SqlTokenKind.Quoted || text[t.Start] == '(')
                ? SqlShape.Plain
            : SqlShape.Doubtful;
    }

    // Directly behind SELECT must stand an expression.
    private bool IsBroken() =>
        tokens[1].Kind == SqlTokenKind.Mark
            ? text[tokens[1].Start] is not ('*' or '(' or '-' or '+' or '~' or '?' or ':' or '@')
            : tokens[1].Kind == SqlTokenKind.Word
                && SqlWords.Continues(tokens[1].In(text))
                && !Is(tokens[1], "CASE")
                && !Is(tokens[1], "NOT");

    // WITH [RECURSIVE] name [(columns)] AS [NOT MATERIALIZED] (
    private bool BeginsExpression()
    {
        int at = tokens.Count > 1 && Is(tokens[1], "RECURSIVE") ? 2 : 1;
        if (at >= tokens.Count || tokens[at].Kind is not (SqlTokenKind.Word or SqlTokenKind.Quoted))
        {
            return false;
        }

        int open = tokens.FindIndex(at, t => Is(t, "AS"));
        bool columns = open > at + 1 && text[tokens[at + 1].Start] == '(' && text[tokens[open - 1].Start] == ')';
        return open > at
            && open + 1 < tokens.Count
            && (open == at + 1 || columns)
            && (
                text[tokens[open + 1].Start] == '('
                || Is(tokens[open + 1], "NOT")
                || Is(tokens[open + 1], "MATERIALIZED")
            );
    }
}
