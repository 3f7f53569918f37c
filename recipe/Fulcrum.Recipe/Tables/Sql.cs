namespace Fulcrum.Recipe.Tables;

/// <summary>A query as SQLite reads it, in Spider's style: T1 and T2 where two tables are joined.</summary>
internal static class Sql
{
    /// <summary>The query.</summary>
    public static string Write(Query q)
    {
        string text =
            $"SELECT {(q.Distinct ? "DISTINCT " : "")}{string.Join(", ", q.Select.Select(t => Expression(q, t)))} FROM {Source(q)}";
        text += q.Where.Count == 0 ? "" : " WHERE " + string.Join(" AND ", q.Where.Select(c => Condition(q, c)));
        text += q.GroupBy is null ? "" : $" GROUP BY {q.GroupBy}";
        text += q.OrderBy is null ? "" : $" ORDER BY {Expression(q, q.OrderBy)} {(q.Descending ? "DESC" : "ASC")}";
        return text + (q.Limit ? " LIMIT 1" : "");
    }

    private static string Source(Query q) =>
        q.Join is null ? q.From.Name : $"{q.From.Name} AS T1 JOIN {q.Join.Name} AS T2 ON T1.{q.Join.Name} = T2.id";

    private static string Condition(Query q, Condition c) =>
        c.Operator switch
        {
            "average" => $"{Expression(q, c.Left)} > (SELECT avg({c.Left.Column}) FROM {q.From.Name})",
            "without" => $"{Expression(q, c.Left)} NOT IN (SELECT {q.From.Name} FROM {c.Value})",
            "=" => $"{Expression(q, c.Left)} = '{c.Value}'",
            _ => $"{Expression(q, c.Left)} {c.Operator} {c.Value}",
        };

    private static string Expression(Query q, Term t)
    {
        string column = t.Column == "*" || q.Join is null ? t.Column : $"{(t.OfParent ? "T2" : "T1")}.{t.Column}";
        return t.Aggregate.Length == 0 ? column : $"{t.Aggregate}({column})";
    }
}
