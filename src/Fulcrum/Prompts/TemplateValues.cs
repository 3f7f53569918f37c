using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Prompts;

/// <summary>A name without a value; prints as nothing, and is false.</summary>
internal sealed record TemplateUndefined(string Name);

/// <summary>What <c>namespace()</c> makes: the one value whose attributes can be set.</summary>
internal sealed class TemplateNamespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>A mapping that keeps its order, as Python's dict does.</summary>
internal sealed class TemplateMap : OrderedDictionary<string, object?>;

/// <summary>Something that can be called; arguments by position and by name.</summary>
internal delegate object? TemplateFunction(IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named, int line);

/// <summary>Values of a template as Python has them: None, bool, long, double, string, list, map.</summary>
internal static class TemplateValues
{
    /// <summary>JSON as template values.</summary>
    public static object? From(JsonNode? node) => node switch
    {
        null => null,
        JsonObject o => Map(o.Select(p => KeyValuePair.Create(p.Key, From(p.Value)))),
        JsonArray a => a.Select(From).ToList(),
        JsonValue v when v.TryGetValue(out bool flag) => flag,
        JsonValue v when v.TryGetValue(out string? text) => text,
        JsonValue v when long.TryParse(v.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => whole,
        JsonValue v => double.Parse(v.ToJsonString(), CultureInfo.InvariantCulture),
        _ => null,
    };

    public static TemplateMap Map(IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        TemplateMap map = [];
        foreach ((string key, object? value) in pairs)
        {
            map[key] = value;
        }

        return map;
    }

    public static bool IsTrue(object? value) => value switch
    {
        null or TemplateUndefined => false,
        bool flag => flag,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        TemplateMap map => map.Count > 0,
        _ => !IsNumber(value) || Number(value) != 0,
    };

    public static bool IsNumber(object? value) => value is long or int or double or bool or BigInteger;

    public static bool IsWhole(object? value) => value is long or int or BigInteger;

    public static double Number(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        BigInteger big => (double)big,
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture),
    };

    public static long Whole(object? value) => value switch { bool flag => flag ? 1 : 0, BigInteger big => (long)big, _ => Convert.ToInt64(value, CultureInfo.InvariantCulture) };

    public static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (TemplateUndefined, TemplateUndefined) => true,
        (string x, string y) => x == y,
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(p => AreEqual(p.First, p.Second)),
        (TemplateMap x, TemplateMap y) => x.Count == y.Count && x.All(p => y.TryGetValue(p.Key, out object? other) && AreEqual(p.Value, other)),
        _ when IsNumber(a) && IsNumber(b) => Number(a) == Number(b),
        _ => ReferenceEquals(a, b) && a is not null,
    };

    /// <summary>Python's <c>str</c>; nothing for an undefined name.</summary>
    public static string Text(object? value) => value switch
    {
        TemplateUndefined => "",
        string text => text,
        _ => Repr(value),
    };

    public static string Repr(object? value) => value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        string text => TemplateText.Quote(text),
        double number => TemplateText.Float(number),
        List<object?> list => $"[{string.Join(", ", list.Select(Repr))}]",
        TemplateMap map => $"{{{string.Join(", ", map.Select(p => $"{TemplateText.Quote(p.Key)}: {Repr(p.Value)}"))}}}",
        TemplateUndefined => "Undefined",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>Python's <c>json.dumps(ensure_ascii=False)</c>.</summary>
    /// <param name="indent">Null: on one line.</param>
    public static string Json(object? value, int? indent, int line, int depth = 0)
    {
        string open = indent is { } n ? "\n" + new string(' ', n * (depth + 1)) : "", close = indent is { } m ? "\n" + new string(' ', m * depth) : "";
        string comma = indent is null ? ", " : ",";
        return value switch
        {
            null => "null",
            bool flag => flag ? "true" : "false",
            string text => JsonText(text),
            double number => TemplateText.Float(number),
            List<object?> { Count: 0 } => "[]",
            TemplateMap { Count: 0 } => "{}",
            List<object?> list => $"[{open}{string.Join(comma + open, list.Select(v => Json(v, indent, line, depth + 1)))}{close}]",
            TemplateMap map => $"{{{open}{string.Join(comma + open, map.Select(p => $"{JsonText(p.Key)}: {Json(p.Value, indent, line, depth + 1)}"))}{close}}}",
            _ when IsWhole(value) => Repr(value),
            _ => throw TemplateText.Error(line, "tojson of a value that has no JSON form"),
        };
    }

    private static string JsonText(string text)
    {
        StringBuilder json = new StringBuilder(text.Length + 2).Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                < ' ' => json.Append($"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"').ToString();
    }
}
