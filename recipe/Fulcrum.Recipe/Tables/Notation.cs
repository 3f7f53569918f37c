namespace Fulcrum.Recipe.Tables;

/// <summary>Made-up languages in which the pretraining text answers requests; none of them is SQL.</summary>
internal static class Notation
{
    /// <summary>Their names.</summary>
    public static readonly IReadOnlyList<string> Names = ["arrow", "frame", "plain"];

    /// <summary>A query in one of them. Each begins with a blank or a bracket, so that a token begins there.</summary>
    public static string Write(string notation, Query query) =>
        notation switch
        {
            "arrow" => Arrow(query),
            "frame" => Frame(query),
            _ => Plain(query),
        };

    private static string Arrow(Query q)
    {
        string text =
            $" {q.From.Name}{(q.Join is null ? "" : $" & {q.Join.Name}")} ->{(q.Distinct ? " once" : "")}{string.Join(" ,", q.Select.Select(t => Spaced(q, t)))}";
        text += string.Concat(
            q.Where.Select(c =>
                " ?"
                + c.Operator switch
                {
                    "average" => $"{Spaced(q, c.Left)} > its mean",
                    "without" => $" no {c.Value}",
                    "=" => $"{Spaced(q, c.Left)} = '{c.Value}'",
                    _ => $"{Spaced(q, c.Left)} {c.Operator} {c.Value}",
                }
            )
        );
        text += q.GroupBy is null ? "" : $" / {q.GroupBy}";
        return text
            + (q.OrderBy is null ? "" : $" ^{Spaced(q, q.OrderBy)} {(q.Descending ? "down" : "up")}")
            + (q.Limit ? " first" : "");
    }

    private static string Frame(Query q)
    {
        string text =
            $"[{q.From.Name}{(q.Join is null ? "" : $".{q.Join.Name}")}]{{{string.Join(',', q.Select.Select(t => Bare(q, t)))}{(q.Distinct ? "!" : "")}}}";
        text += string.Concat(
            q.Where.Select(c =>
                c.Operator switch
                {
                    "average" => $"<{Bare(q, c.Left)} mean>",
                    "without" => $"<no {c.Value}>",
                    "=" => $"<{Bare(q, c.Left)}='{c.Value}'>",
                    _ => $"<{Bare(q, c.Left)} {c.Operator} {c.Value}>",
                }
            )
        );
        text += q.GroupBy is null ? "" : $"/{q.GroupBy}/";
        return text
            + (q.OrderBy is null ? "" : $"({Bare(q, q.OrderBy)} {(q.Descending ? "down" : "up")})")
            + (q.Limit ? "1" : "");
    }

    private static string Plain(Query q)
    {
        string text =
            $" take{(q.Distinct ? " different" : "")}{string.Join(" and", q.Select.Select(t => Spaced(q, t)))} of {q.From.Name}{(q.Join is null ? "" : $" with {q.Join.Name}")}";
        text += string.Concat(
            q.Where.Select(c =>
                " ; keep"
                + c.Operator switch
                {
                    "average" => $"{Spaced(q, c.Left)} over mean",
                    "without" => $" those lacking {c.Value}",
                    "=" => $"{Spaced(q, c.Left)} '{c.Value}'",
                    _ => $"{Spaced(q, c.Left)} {(c.Operator == ">" ? "over" : "under")} {c.Value}",
                }
            )
        );
        text += q.GroupBy is null ? "" : $" ; per {q.GroupBy}";
        return text
            + (q.OrderBy is null ? "" : $" ; order{Spaced(q, q.OrderBy)} {(q.Descending ? "falling" : "rising")}")
            + (q.Limit ? " ; top" : "");
    }

    private static string Spaced(Query q, Term t) =>
        (t.Aggregate.Length > 0 ? " " + t.Aggregate : "")
        + (
            t.Column == "*" ? ""
            : t.OfParent ? $" {q.Join!.Name} {t.Column}"
            : $" {t.Column}"
        );

    private static string Bare(Query q, Term t) =>
        t.Column == "*"
            ? t.Aggregate
            : (t.Aggregate.Length > 0 ? t.Aggregate + ":" : "")
                + (q.Join is null ? t.Column : $"{(t.OfParent ? q.Join.Name : q.From.Name)}.{t.Column}");
}
