using System.Text.Json;
using Json.Schema;

namespace Fulcrum.Tasks.Grading;

/// <summary>Bounds the work of testing a value by a JSON Schema, before the test. Forty definitions of which each
/// refers twice to the next one are applied 2^40 times, and the library tests without a limit.</summary>
/// <remarks>Counts how often each part of the schema is applied to each part of the value. The number of a pair of both
/// is kept, so counting is quick where the test would not end. The number is an upper bound: a test may stop at the
/// first part that fails.</remarks>
internal sealed class SchemaWork
{
    /// <summary>The largest number of steps of one test. They take about a second and 200 MB.</summary>
    public const long Most = 10_000_000;

    // Applying a part of a schema takes the library about as long as comparing fifty pairs of values.
    private const long StepsOfAPart = 50,
        Endless = long.MaxValue / 4;

    // Each level takes about 1 kB of the stack in the library.
    private const int Deepest = 500;

    private readonly JsonSchemaNode[] anchored;
    private readonly Dictionary<(JsonSchemaNode, SchemaValue), long> known = [];
    private long counted;

    // A dynamic reference leads to the root or to an anchor, depending on how the test came to it.
    private SchemaWork(JsonSchemaNode root) =>
        anchored = [
            root,
            .. Nodes(root).Where(n => n.Keywords.Any(k => k.Handler.Name is "$dynamicAnchor" or "$recursiveAnchor")),
        ];

    /// <summary>Whether the test of a value takes too many steps, or has no end.</summary>
    public static bool IsTooMuch(JsonSchemaNode root, SchemaValue value) =>
        new SchemaWork(root).Steps(root, value, 0) > Most;

    /// <summary>Whether a schema has a regular expression.</summary>
    public static bool HasPattern(JsonSchemaNode root) =>
        Nodes(root).Any(n => n.Keywords.Any(k => k.Handler.Name is "pattern" or "patternProperties"));

    private static HashSet<JsonSchemaNode> Nodes(JsonSchemaNode root)
    {
        HashSet<JsonSchemaNode> seen = [root];
        Stack<JsonSchemaNode> open = new([root]);
        while (open.TryPop(out JsonSchemaNode? node))
        {
            foreach (JsonSchemaNode sub in node.Keywords.SelectMany(k => k.Subschemas).Where(seen.Add))
            {
                open.Push(sub);
            }
        }

        return seen;
    }

    private long Steps(JsonSchemaNode node, SchemaValue value, int depth)
    {
        if (known.TryGetValue((node, value), out long steps))
        {
            return steps;
        }

        if (depth > Deepest || counted > Most)
        {
            return Endless;
        }

        // A part that comes back to itself without a step into the value has no end.
        known[(node, value)] = Endless;
        steps = StepsOfAPart + node.Keywords.Sum(k => Own(k, value));
        counted += steps;
        foreach (KeywordData keyword in node.Keywords.TakeWhile(_ => steps <= Most))
        {
            steps += keyword.Handler.Name is "$dynamicRef" or "$recursiveRef"
                ? keyword.Subschemas.Concat(anchored).Max(s => Steps(s, value, depth + 1))
                : Below(node, keyword, value, depth + 1);
        }

        return known[(node, value)] = Math.Min(steps, Endless);
    }

    private long Below(JsonSchemaNode node, KeywordData keyword, SchemaValue value, int depth)
    {
        long steps = 0;
        foreach ((JsonSchemaNode sub, SchemaValue part) in Applied(node, keyword, value))
        {
            steps += Steps(sub, part, depth);
            if (steps > Most)
            {
                break;
            }
        }

        return steps;
    }

    // The steps of a keyword without those of its subschemas.
    private static long Own(KeywordData keyword, SchemaValue value) =>
        keyword.Handler.Name switch
        {
            "uniqueItems" => value.Items.Count * (value.Items.Count + 1L) / 2 + value.Size,
            "enum" => Count(keyword.RawValue) * value.Size,
            "const" => value.Size,
            "required" or "properties" or "dependentRequired" or "patternProperties" => Count(keyword.RawValue)
                * (1L + value.Items.Count),
            _ => 1,
        };

    private static int Count(JsonElement list) =>
        list.ValueKind switch
        {
            JsonValueKind.Array => list.GetArrayLength(),
            JsonValueKind.Object => list.EnumerateObject().Count(),
            _ => 1,
        };

    // The subschemas of a keyword with the parts of the value to which they are applied.
    private static IEnumerable<(JsonSchemaNode, SchemaValue)> Applied(
        JsonSchemaNode node,
        KeywordData keyword,
        SchemaValue value
    )
    {
        JsonSchemaNode[] subs = keyword.Subschemas;
        IEnumerable<(JsonSchemaNode, SchemaValue)> Each(IEnumerable<SchemaValue> parts) =>
            subs.SelectMany(_ => parts, (sub, part) => (sub, part));
        return keyword.Handler.Name switch
        {
            "$defs" or "definitions" or "contentSchema" => [],
            "properties" => Members(keyword).SelectMany(m => value.Named(m.Name), (m, part) => (m.Sub, part)),
            "additionalProperties" or "unevaluatedProperties" => Each(Unnamed(node, value)),
            "prefixItems" => subs.Zip(value.Items),
            "items" when keyword.RawValue.ValueKind == JsonValueKind.Array => subs.Zip(value.Items),
            "items" => Each(value.Items.Skip(node.Keywords.Where(IsPrefix).Sum(k => Count(k.RawValue)))),
            "additionalItems" or "unevaluatedItems" or "contains" or "patternProperties" => Each(value.Items),
            "propertyNames" => Each(value.Names.Select(_ => SchemaValue.Scalar)),
            _ => Each([value]),
        };
    }

    private static bool IsPrefix(KeywordData keyword) => keyword.Handler.Name == "prefixItems";

    private static IEnumerable<(string Name, JsonSchemaNode Sub)> Members(KeywordData properties) =>
        properties.RawValue.EnumerateObject().Select(p => p.Name).Zip(properties.Subschemas);

    private static IEnumerable<SchemaValue> Unnamed(JsonSchemaNode node, SchemaValue value)
    {
        HashSet<string> named =
        [
            .. node.Keywords.Where(k => k.Handler.Name == "properties").SelectMany(Members).Select(m => m.Name),
        ];
        return value.Items.Where((_, i) => i < value.Names.Count && !named.Contains(value.Names[i]));
    }
}
