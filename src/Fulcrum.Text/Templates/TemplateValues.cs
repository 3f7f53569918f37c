using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Templates;

/// <summary>Values of a template as Python has them: None, bool, int (long, beyond it BigInteger), float, str, list,
/// dict and the types above.</summary>
internal static class TemplateValues
{
    /// <summary>Maximum number of digits of a whole number, as in Python.</summary>
    public const int LongestNumber = 4300;

    private const int DeepestValue = 200;

    /// <summary>JSON as template values.</summary>
    public static object? From(JsonNode? node) =>
        node switch
        {
            null => null,
            JsonObject o => Map(o.Select(p => KeyValuePair.Create(p.Key, From(p.Value)))),
            JsonArray a => a.Select(From).ToList(),
            JsonValue v when v.TryGetValue(out bool flag) => flag,
            JsonValue v when v.TryGetValue(out string? text) => text,
            JsonValue v
                when v.ToJsonString().Length <= LongestNumber
                    && BigInteger.TryParse(
                        v.ToJsonString(),
                        NumberStyles.AllowLeadingSign,
                        CultureInfo.InvariantCulture,
                        out BigInteger whole
                    ) => Int(whole),
            JsonValue v => double.Parse(v.ToJsonString(), CultureInfo.InvariantCulture),
            _ => null,
        };

    /// <summary>Returns a mapping in the order of the pairs. Of equal keys the last value counts.</summary>
    public static TemplateMap Map(IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        TemplateMap map = [];
        foreach ((string key, object? value) in pairs)
        {
            map[key] = value;
        }

        return map;
    }

    /// <summary>Returns a whole number: a long if it fits into 64 bits.</summary>
    public static object Int(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    /// <summary>Python's <c>bool</c>: false for zero and for everything empty.</summary>
    public static bool IsTrue(object? value) =>
        value switch
        {
            null => false,
            TemplateUndefined undefined => undefined.As(false),
            bool flag => flag,
            string text => text.Length > 0,
            List<object?> list => list.Count > 0,
            TemplateMap map => map.Count > 0,
            long whole => whole != 0,
            double real => real != 0,
            _ => true,
        };

    /// <summary>Whether a value is an int, a float or a bool.</summary>
    public static bool IsNumber(object? value) => value is long or double or bool or BigInteger;

    /// <summary>Whether a value is an int, but no bool.</summary>
    public static bool IsWhole(object? value) => value is long or BigInteger;

    /// <summary>Returns a number as a float.</summary>
    /// <exception cref="InvalidCastException">The value is no number.</exception>
    public static double Number(object? value) =>
        value switch
        {
            bool flag => flag ? 1 : 0,
            long whole => whole,
            double real => real,
            BigInteger big => (double)big,
            _ => throw new InvalidCastException(),
        };

    /// <summary>Returns a whole number of any size.</summary>
    /// <exception cref="InvalidCastException">The value is neither an int nor a bool.</exception>
    public static BigInteger Big(object? value) =>
        value switch
        {
            bool flag => flag ? 1 : 0,
            long whole => whole,
            BigInteger big => big,
            _ => throw new InvalidCastException(),
        };

    /// <summary>A whole number that fits into 64 bits.</summary>
    public static long Whole(object? value) =>
        value switch
        {
            bool flag => flag ? 1 : 0,
            long whole => whole,
            BigInteger => throw new InvalidCastException(),
            _ => throw new InvalidCastException(),
        };

    /// <summary>Python's <c>==</c>.</summary>
    public static bool AreEqual(object? a, object? b) =>
        (a, b) switch
        {
            (null, null) => true,
            (TemplateUndefined x, TemplateUndefined y) => x.As(true) && y.As(true),
            (TemplateUndefined x, _) => x.As(false),
            (_, TemplateUndefined y) => y.As(false),
            (string x, string y) => x == y,
            (List<object?> x, List<object?> y) => Kind(x) == Kind(y)
                && x.Count == y.Count
                && x.Zip(y).All(p => AreEqual(p.First, p.Second)),
            (TemplateMap x, TemplateMap y) => x.Count == y.Count
                && x.All(p => y.TryGetValue(p.Key, out object? other) && AreEqual(p.Value, other)),
            _ when IsNumber(a) && IsNumber(b) => a is double || b is double ? Number(a) == Number(b) : Big(a) == Big(b),
            _ => a is not null && ReferenceEquals(a, b),
        };

    /// <summary>Python's order of two values; null if they have none.</summary>
    public static int? Order(object? a, object? b)
    {
        if (a is string x && b is string y)
        {
            return string.CompareOrdinal(x, y);
        }

        if (IsNumber(a) && IsNumber(b))
        {
            return a is double || b is double ? Number(a).CompareTo(Number(b)) : Big(a).CompareTo(Big(b));
        }

        if (a is not List<object?> first || b is not List<object?> second || Kind(first) != Kind(second))
        {
            return null;
        }

        int at = Enumerable
            .Range(0, Math.Min(first.Count, second.Count))
            .FirstOrDefault(i => !AreEqual(first[i], second[i]), -1);
        return at >= 0 ? Order(first[at], second[at]) : first.Count.CompareTo(second.Count);
    }

    /// <summary>Python's <c>str</c>; nothing for an undefined name.</summary>
    public static string Text(object? value) =>
        value switch
        {
            TemplateUndefined undefined => undefined.As(""),
            string text => text,
            _ => Repr(value),
        };

    /// <summary>Python's <c>repr</c>.</summary>
    /// <param name="depth">The number of values around it.</param>
    /// <exception cref="InputException">The value is nested too deep.</exception>
    public static string Repr(object? value, int depth = 0)
    {
        string Pair(KeyValuePair<string, object?> p) => $"{TemplateText.Quote(p.Key)}: {Repr(p.Value, depth + 1)}";
        return depth > DeepestValue
            ? throw new InputException("a value of the chat template is nested too deep")
            : value switch
            {
                null => "None",
                bool flag => flag ? "True" : "False",
                string text => TemplateText.Quote(text),
                double number => TemplateText.Float(number),
                TemplateSequence { Kind: TemplateSequence.Tuple } tuple =>
                    $"({Joined(tuple, depth)}{(tuple.Count == 1 ? "," : "")})",
                TemplateSequence { Kind: TemplateSequence.Range } range => range.Count == 0
                    ? "range(0, 0)"
                    : $"range({range[0]}, {Whole(range[^1]) + 1})",
                TemplateSequence view => $"{view.Kind}([{Joined(view, depth)}])",
                List<object?> list => $"[{Joined(list, depth)}]",
                TemplateMap map => $"{{{string.Join(", ", map.Select(Pair))}}}",
                TemplateUndefined => "Undefined",
                long or BigInteger => Convert.ToString(value, CultureInfo.InvariantCulture)!,
                _ => $"<{TypeName(value)}>",
            };
    }

    /// <summary>Python's name of a value's type.</summary>
    public static string TypeName(object? value) =>
        value switch
        {
            null => "NoneType",
            bool => "bool",
            string => "str",
            double => "float",
            long or BigInteger => "int",
            List<object?> list => Kind(list),
            TemplateMap => "dict",
            TemplateGenerator => "generator",
            TemplateNamespace => "Namespace",
            TemplateFunction => "function",
            _ => "Undefined",
        };

    /// <summary>A value's name in Jinja's error messages.</summary>
    public static string ObjectName(object? value) => value is null ? "None" : $"{TypeName(value)} object";

    /// <summary>Python's name of the type of a list, tuple, range or view.</summary>
    public static string Kind(List<object?> list) => (list as TemplateSequence)?.Kind ?? "list";

    /// <summary>Python's <c>json.dumps</c>.</summary>
    public static string Json(object? value, JsonStyle style, int line, int depth = 0)
    {
        string open = style.Indent is { } unit ? "\n" + string.Concat(Enumerable.Repeat(unit, depth + 1)) : "",
            close = style.Indent is { } u ? "\n" + string.Concat(Enumerable.Repeat(u, depth)) : "";
        string Inner(object? v) =>
            depth < DeepestValue
                ? Json(v, style, line, depth + 1)
                : throw TemplateText.Error(line, "tojson of a value that is nested too deep");
        IEnumerable<KeyValuePair<string, object?>> Pairs(TemplateMap map) =>
            style.Sorted ? map.OrderBy(p => p.Key, StringComparer.Ordinal) : map;
        string Pair(KeyValuePair<string, object?> p) => JsonText(p.Key, style.Ascii) + style.Colon + Inner(p.Value);
        return value switch
        {
            null => "null",
            bool flag => flag ? "true" : "false",
            string text => JsonText(text, style.Ascii),
            double number => double.IsFinite(number) ? TemplateText.Float(number)
            : double.IsNaN(number) ? "NaN"
            : number > 0 ? "Infinity"
            : "-Infinity",
            TemplateSequence { Kind: not TemplateSequence.Tuple } other => throw TemplateText.Error(
                line,
                $"Object of type {other.Kind} is not JSON serializable"
            ),
            List<object?> { Count: 0 } => "[]",
            TemplateMap { Count: 0 } => "{}",
            List<object?> list => $"[{open}{string.Join(style.Comma + open, list.Select(Inner))}{close}]",
            TemplateMap map => $"{{{open}{string.Join(style.Comma + open, Pairs(map).Select(Pair))}{close}}}",
            _ when IsWhole(value) => Repr(value),
            _ => throw TemplateText.Error(line, $"Object of type {TypeName(value)} is not JSON serializable"),
        };
    }

    private static string Joined(List<object?> list, int depth) =>
        string.Join(", ", list.Select(v => Repr(v, depth + 1)));

    private static string JsonText(string text, bool ascii)
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
                > '~' when ascii => json.Append($"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"').ToString();
    }
}

/// <summary>How a value is written as JSON.</summary>
/// <param name="Indent">One level's white space; null: on one line.</param>
internal sealed record JsonStyle(string? Indent, string Comma, string Colon, bool Ascii, bool Sorted);
