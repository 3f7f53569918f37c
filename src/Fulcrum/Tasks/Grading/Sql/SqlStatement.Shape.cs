namespace Fulcrum.Tasks.Grading.Sql;

/// <content>How much the text looks like a query.</content>
internal sealed partial class SqlStatement
{
    private SqlShape ShapeOf()
    {
        bool isWith = Is(tokens[0], "WITH");
        bool beginsAsQuery = isWith ? BeginsTableExpression() : tokens.Count > 1 && BeginsExpression(tokens[1]);
        if (!beginsAsQuery)
        {
            bool isSentence = endsInProse || isWith || tokens.Count < 2 || Is(tokens[1], "AND") || Is(tokens[1], "OR");
            return isSentence ? SqlShape.Prose : SqlShape.Doubtful;
        }

        bool isComplete = depth == 0 && !needsMore;
        if (hasFrom && isComplete)
        {
            return endsInProse ? SqlShape.Cut : SqlShape.Complete;
        }

        if (endsInProse)
        {
            return SqlShape.Prose;
        }

        bool computesValue = tokens
            .Skip(1)
            .Any(t => t.Kind is SqlTokenKind.Number or SqlTokenKind.Quoted || FirstOf(t) == '(');
        return !hasFrom && !isWith && isComplete && computesValue ? SqlShape.Plain : SqlShape.Doubtful;
    }

    // Whether the token after SELECT can begin an expression.
    private bool BeginsExpression(SqlToken token) =>
        token.Kind switch
        {
            SqlTokenKind.Mark => FirstOf(token) is '*' or '(' or '-' or '+' or '~' or '?' or ':' or '@',
            SqlTokenKind.Word => !SqlWords.Continues(token.In(text)) || Is(token, "CASE") || Is(token, "NOT"),
            _ => true,
        };

    // WITH [RECURSIVE] name [(columns)] AS [NOT MATERIALIZED] (
    private bool BeginsTableExpression()
    {
        int name = tokens.Count > 1 && Is(tokens[1], "RECURSIVE") ? 2 : 1;
        if (name >= tokens.Count || tokens[name].Kind is not (SqlTokenKind.Word or SqlTokenKind.Quoted))
        {
            return false;
        }

        int asPlace = tokens.FindIndex(name, t => Is(t, "AS"));
        if (asPlace <= name || asPlace + 1 >= tokens.Count)
        {
            return false;
        }

        bool hasColumns = asPlace > name + 1 && FirstOf(tokens[name + 1]) == '(' && FirstOf(tokens[asPlace - 1]) == ')';
        SqlToken next = tokens[asPlace + 1];
        return (asPlace == name + 1 || hasColumns)
            && (FirstOf(next) == '(' || Is(next, "NOT") || Is(next, "MATERIALIZED"));
    }
}
