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
internal sealed partial class SqlStatement
{
    private const int MostNamesInRow = 2;
    private readonly string text;
    private readonly string closingMarks;
    private readonly List<SqlToken> tokens = [];

    // Words outside of parentheses since the last SELECT. A clause does not come twice.
    private readonly HashSet<string> clauses = new(StringComparer.OrdinalIgnoreCase);
    private int depth, // of parentheses
        namesInRow;
    private bool endsInProse,
        hasFrom,
        needsMore; // after the last token

    private SqlStatement(string text, int start, string closingMarks)
    {
        (this.text, this.closingMarks) = (text, closingMarks);
        End = start;
        Read(start);
        Shape = ShapeOf();
    }

    /// <summary>The place after the query.</summary>
    public int End { get; private set; }

    /// <summary>How much it looks like a query.</summary>
    public SqlShape Shape { get; }

    /// <summary>Reads the query that begins at a place with SELECT or WITH.</summary>
    /// <param name="closingMarks">The marks that end the query because they were opened directly before it: a quote, a
    /// backtick, asterisks; or empty.</param>
    public static SqlStatement At(string text, int start, string closingMarks) => new(text, start, closingMarks);

    private void Read(int start)
    {
        bool startsLine = false,
            followsBlankLine = false;
        for (
            SqlToken token = SqlToken.At(text, start);
            token.Kind != SqlTokenKind.End;
            token = SqlToken.At(text, token.End)
        )
        {
            if (token.Kind == SqlTokenKind.Comment)
            {
                continue;
            }

            if (token.Kind == SqlTokenKind.Space)
            {
                int lineEnds = text.AsSpan(token.Start, token.End - token.Start).Count('\n');
                startsLine |= lineEnds > 0;
                followsBlankLine |= lineEnds > 1;
                continue;
            }

            if (tokens.Count > 0 && EndsBefore(token, startsLine, followsBlankLine))
            {
                return;
            }

            Add(token);
            (startsLine, followsBlankLine) = (false, false);
        }
    }

    private bool EndsBefore(SqlToken token, bool startsLine, bool followsBlankLine)
    {
        if (IsClosing(token) || (startsLine && !ContinuesOnNewLine(token, followsBlankLine)))
        {
            return true;
        }

        if (startsLine)
        {
            namesInRow = 0;
            return false;
        }

        endsInProse = IsProse(token);
        return endsInProse;
    }

    private void Add(SqlToken token)
    {
        string written = token.In(text);
        depth +=
            written == "(" ? 1
            : written == ")" ? -1
            : 0;
        hasFrom |= depth == 0 && Is(token, "FROM");
        if (depth == 0 && token.Kind == SqlTokenKind.Word)
        {
            if (Is(token, "SELECT"))
            {
                clauses.Clear();
            }

            clauses.Add(written);
        }

        namesInRow = IsName(token) ? namesInRow + 1 : 0;
        needsMore = NeedsMoreAfter(token);
        tokens.Add(token);
        End = token.End;
    }

    // Whether a token cannot be part of a query, or closes what was opened before the query.
    private bool IsClosing(SqlToken token)
    {
        ReadOnlySpan<char> following = text.AsSpan(token.Start);
        bool isFence = following.StartsWith("```") || following.StartsWith("~~~");
        bool isUnopened = following[0] == ')' && depth == 0;
        if (following[0] == ';' || isFence || following.StartsWith("<|") || isUnopened)
        {
            return true;
        }

        bool isClosingTag =
            following.Length > 2 && following[0] is '<' or '[' && following[1] == '/' && char.IsLetter(following[2]);
        if (isClosingTag)
        {
            return true;
        }

        bool closesMarks =
            closingMarks.Length > 0
            && following.StartsWith(closingMarks)
            && EndsQuotation(token.Start + closingMarks.Length);
        return (closesMarks && !needsMore) || IsSentenceEnd(token, following);
    }

    private bool EndsQuotation(int at) =>
        at >= text.Length || !(char.IsLetterOrDigit(text[at]) || text[at] is '_' or '=' or '<' or '%');

    // "... FROM t." at the end of a line or before a sentence; "T1. name" is one name.
    private bool IsSentenceEnd(SqlToken token, ReadOnlySpan<char> following)
    {
        if (following[0] is not ('.' or '?' or '!' or ':'))
        {
            return false;
        }

        bool isAttached = token.Start == End;
        bool followsOpenMark = tokens[^1].Kind == SqlTokenKind.Mark && needsMore;
        bool isLast =
            following.Length == 1
            || char.IsWhiteSpace(following[1])
            || following[1] is '*' or '`' or '"' or '\'' or ')' or '<';
        if (!isAttached || followsOpenMark || !isLast)
        {
            return false;
        }

        int lineEnd = following.IndexOf('\n');
        ReadOnlySpan<char> line = (lineEnd < 0 ? following : following[..lineEnd])[1..].Trim("*`\"') ");
        return following[0] != '.' || line.IsEmpty || line[0] == '<' || SqlProse.IsSentence(line);
    }

    // A new line belongs to the query if the query is incomplete or if the line's first word continues one, unless the
    // line is a sentence.
    private bool ContinuesOnNewLine(SqlToken token, bool followsBlankLine)
    {
        if (needsMore && !followsBlankLine)
        {
            return true;
        }

        string word = token.In(text);
        bool isInside = needsMore || depth > 0;
        bool continues = token.Kind switch
        {
            _ when isInside => true,
            SqlTokenKind.Word when Is(token, "SELECT") => IsMainOfWith(),
            SqlTokenKind.Word when SqlWords.IsClause(word) => !clauses.Contains(word),
            SqlTokenKind.Word => SqlWords.Continues(word),
            SqlTokenKind.Mark => word
                is ","
                    or "("
                    or ")"
                    or "+"
                    or "-"
                    or "/"
                    or "%"
                    or "="
                    or "<"
                    or ">"
                    or "!"
                    or "|"
                    or ".",
            _ => false,
        };
        int lineEnd = text.IndexOf('\n', token.Start);
        string line = lineEnd < 0 ? text[token.Start..] : text[token.Start..lineEnd];
        return continues && !SqlProse.IsSentence(line);
    }

    // The SELECT after the last common table expression.
    private bool IsMainOfWith() => Is(tokens[0], "WITH") && depth == 0 && FirstOf(tokens[^1]) == ')';

    // Words of sentences end the query. So do more names in a row than a query can have.
    private bool IsProse(SqlToken token)
    {
        if (token.Kind != SqlTokenKind.Word)
        {
            return false;
        }

        SqlToken before = tokens[^1];
        bool isMember = FirstOf(before) == '.' || (token.End < text.Length && text[token.End] is '.' or '(');
        if (isMember || Is(before, "AS"))
        {
            return false;
        }

        bool isStrayWith = Is(token, "WITH") && FirstOf(before) is not ('(' or ')');
        bool areTooManyNames = IsName(token) && namesInRow >= MostNamesInRow;
        return SqlWords.IsProse(token.In(text)) || isStrayWith || areTooManyNames;
    }

    private bool IsName(SqlToken token) => token.Kind == SqlTokenKind.Word && !SqlWords.IsKeyword(token.In(text));

    private bool Is(SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && token.In(text).Equals(word, StringComparison.OrdinalIgnoreCase);

    private char FirstOf(SqlToken token) => text[token.Start];

    // Whether something must follow a token that comes after the tokens so far.
    private bool NeedsMoreAfter(SqlToken token)
    {
        string written = token.In(text);
        return token.Kind switch
        {
            SqlTokenKind.Word => SqlWords.IsOpen(written),
            SqlTokenKind.Mark when written == "*" => !IsAllColumns(),
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

    // Whether a star means all columns, as in "SELECT *", "t.*" and "COUNT(*)", and not a multiplication.
    private bool IsAllColumns() => tokens.Count > 0 && (needsMore || FirstOf(tokens[^1]) is '.' or '(');
}
