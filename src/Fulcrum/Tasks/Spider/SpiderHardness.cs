using System.Text.Json.Nodes;

namespace Fulcrum.Tasks.Spider;

/// <summary>Spider's four levels of hardness, read from the parse of the gold query by the rules of the official
/// evaluation.</summary>
/// <remarks>
/// Three counts decide. Component 1: where, group by, order by, limit, joins, or, like. Component 2: nested queries (in
/// conditions and set operations).
/// Others: more than one aggregate, select column, condition or group column, each counting one.
/// </remarks>
internal static class SpiderHardness
{
    /// <summary>The levels, from the easiest on.</summary>
    public static readonly IReadOnlyList<string> Levels = ["easy", "medium", "hard", "extra"];

    private const int Like = 9;

    /// <summary><c>easy</c>, <c>medium</c>, <c>hard</c> or <c>extra</c>; empty when there is no parse.</summary>
    public static string Of(JsonNode? sql)
    {
        if (sql is null)
        {
            return "";
        }

        int one = Component1(sql),
            two = Component2(sql),
            others = Others(sql);
        return (one, two, others) switch
        {
            (<= 1, 0, 0) => "easy",
            (<= 1, 0, <= 2) or (<= 2, 0, < 2) => "medium",
            (<= 2, 0, > 2) or (> 2 and <= 3, 0, <= 2) or (<= 1, <= 1, 0) => "hard",
            _ => "extra",
        };
    }

    private static int Component1(JsonNode sql)
    {
        int count = Count(sql["where"]) > 0 ? 1 : 0;
        count += Count(sql["groupBy"]) > 0 ? 1 : 0;
        count += Count(sql["orderBy"]) > 0 ? 1 : 0;
        count += sql["limit"] is not null ? 1 : 0;
        count += Math.Max(0, Count(sql["from"]?["table_units"]) - 1);
        JsonNode[] conditions =
        [
            .. Conditions(sql["from"]?["conds"]),
            .. Conditions(sql["where"]),
            .. Conditions(sql["having"]),
        ];
        string[] connectives =
        [
            .. Connectives(sql["from"]?["conds"]),
            .. Connectives(sql["where"]),
            .. Connectives(sql["having"]),
        ];
        return count + connectives.Count(c => c == "or") + conditions.Count(c => (int?)c[1] == Like);
    }

    private static int Component2(JsonNode sql)
    {
        int nested = 0;
        foreach (
            JsonNode condition in (JsonNode[])
                [.. Conditions(sql["from"]?["conds"]), .. Conditions(sql["where"]), .. Conditions(sql["having"])]
        )
        {
            nested += condition[3] is JsonObject ? 1 : 0;
            nested += condition[4] is JsonObject ? 1 : 0;
        }

        return nested + ((string[])["intersect", "except", "union"]).Count(o => sql[o] is not null);
    }

    private static int Others(JsonNode sql)
    {
        int aggregates = Aggregates(sql["select"]?[1]) + Aggregates(sql["where"]) + Aggregates(sql["groupBy"]);
        aggregates += sql["orderBy"] is JsonArray { Count: > 1 } order
            ? order[1]!.AsArray().Sum(u => Aggregate(u?[1]) + Aggregate(u?[2]))
            : 0;
        aggregates += Aggregates(sql["having"]);
        return (aggregates > 1 ? 1 : 0)
            + (Count(sql["select"]?[1]) > 1 ? 1 : 0)
            + (Count(sql["where"]) > 1 ? 1 : 0)
            + (Count(sql["groupBy"]) > 1 ? 1 : 0);
    }

    /// <summary>Units whose first element is an aggregate's number: as the official count, which reads conditions and
    /// columns the same way.</summary>
    private static int Aggregates(JsonNode? units) =>
        units is JsonArray list ? list.Count(u => u is JsonArray { Count: > 0 } unit && Number(unit[0]) > 0) : 0;

    private static int Aggregate(JsonNode? unit) =>
        unit is JsonArray { Count: > 0 } list && Number(list[0]) > 0 ? 1 : 0;

    private static int Number(JsonNode? node) =>
        node is JsonValue v
            ? v.TryGetValue(out int number)
                ? number
                : v.TryGetValue(out bool flag) && flag
                    ? 1
                    : 0
            : 0;

    private static int Count(JsonNode? list) => (list as JsonArray)?.Count ?? 0;

    private static IEnumerable<JsonNode> Conditions(JsonNode? list) =>
        (list as JsonArray)?.Where((_, i) => i % 2 == 0).Select(c => c!) ?? [];

    private static IEnumerable<string> Connectives(JsonNode? list) =>
        (list as JsonArray)?.Where((_, i) => i % 2 == 1).Select(c => c?.ToString() ?? "") ?? [];
}
