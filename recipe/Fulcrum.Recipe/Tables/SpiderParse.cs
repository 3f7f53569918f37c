using System.Text.Json.Nodes;

namespace Fulcrum.Recipe.Tables;

/// <summary>The parsed form of a query (<c>sql</c> in Spider's files), from which hardness is read.</summary>
/// <param name="schema">Columns are numbered as in <c>tables.json</c>: 0 is <c>*</c>.</param>
internal sealed class SpiderParse(Schema schema)
{
    private static readonly string[] Aggregates = ["", "max", "min", "count", "sum", "avg"];

    /// <summary>The parse.</summary>
    public JsonObject Of(Query q) =>
        new()
        {
            ["from"] = From(q),
            ["select"] = new JsonArray(
                q.Distinct,
                new JsonArray([
                    .. q.Select.Select(t =>
                        (JsonNode)new JsonArray(Number(t), Value(new Term(t.Column, "", t.OfParent), q))
                    ),
                ])
            ),
            ["where"] = Where(q),
            ["groupBy"] = q.GroupBy is null ? [] : new JsonArray(ColumnUnit(new Term(q.GroupBy), q)),
            ["having"] = new JsonArray(),
            ["orderBy"] = q.OrderBy is null
                ? []
                : new JsonArray(q.Descending ? "desc" : "asc", new JsonArray(Value(q.OrderBy, q))),
            ["limit"] = q.Limit ? 1 : null,
            ["intersect"] = null,
            ["union"] = null,
            ["except"] = null,
        };

    private JsonObject From(Query q)
    {
        JsonArray units = [new JsonArray("table_unit", TableNumber(q.From))],
            conditions = [];
        if (q.Join is not null)
        {
            units.Add(new JsonArray("table_unit", TableNumber(q.Join)));
            conditions.Add(
                new JsonArray(
                    false,
                    2,
                    Value(new Term(q.Join.Name), q),
                    ColumnUnit(new Term("id", "", OfParent: true), q),
                    null
                )
            );
        }

        return new JsonObject { ["table_units"] = units, ["conds"] = conditions };
    }

    private JsonArray Where(Query q)
    {
        JsonArray list = [];
        foreach (Condition c in q.Where)
        {
            if (list.Count > 0)
            {
                list.Add("and");
            }

            list.Add(new JsonArray(c.Operator == "without", Operator(c.Operator), Value(c.Left, q), Right(c, q), null));
        }

        return list;
    }

    // Operators are numbered not, between, =, >, <, >=, <=, !=, in, like, is, exists.
    private static int Operator(string name) =>
        name switch
        {
            "=" => 2,
            "<" => 4,
            "without" => 8,
            _ => 3,
        };

    private JsonNode Right(Condition c, Query q) =>
        c.Operator switch
        {
            "average" => Of(new Query(q.From, null, [new Term(c.Left.Column, "avg")], [])),
            "without" => Of(new Query(schema.Second, null, [new Term(schema.First.Name)], [])),
            "=" => $"\"{c.Value}\"",
            _ => double.Parse(c.Value),
        };

    private JsonArray Value(Term t, Query q) => new(0, ColumnUnit(t, q), null);

    private JsonArray ColumnUnit(Term t, Query q) =>
        new(Number(t), ColumnNumber(t.OfParent ? q.Join! : q.From, t.Column), false);

    private static int Number(Term t) => Array.IndexOf(Aggregates, t.Aggregate);

    private int TableNumber(Table t) => t == schema.First ? 0 : 1;

    private int ColumnNumber(Table t, string column) =>
        column == "*"
            ? 0
            : 1 + (t == schema.First ? 0 : schema.First.Columns.Count) + t.Columns.ToList().IndexOf(column);
}
