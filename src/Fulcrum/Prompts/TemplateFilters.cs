using System.Globalization;
using static Fulcrum.Prompts.TemplateValues;

namespace Fulcrum.Prompts;

/// <summary>The filters and tests that chat templates use.</summary>
internal static class TemplateFilters
{
    /// <summary>The filters that there are.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal)
    {
        "trim", "length", "count", "upper", "lower", "title", "capitalize", "string", "safe", "int", "float", "abs", "default", "d", "list", "first", "last", "reverse", "join", "replace",
        "items", "dictsort", "tojson", "indent", "unique", "sum", "map", "select", "reject", "selectattr", "rejectattr",
    };

    /// <summary>The tests that there are.</summary>
    public static readonly IReadOnlySet<string> TestNames = new HashSet<string>(StringComparer.Ordinal)
    {
        "defined", "undefined", "none", "string", "mapping", "sequence", "iterable", "number", "integer", "float", "boolean", "true", "false", "callable", "odd", "even", "divisibleby",
        "lower", "upper", "equalto", "eq", "sameas", "ne", "gt", "greaterthan", "ge", "lt", "lessthan", "le", "in",
    };

    /// <summary>Applies a filter.</summary>
    /// <exception cref="InputException">There is no such filter, or it does not fit the value; names it and the line.</exception>
    public static object? Apply(string name, object? value, IReadOnlyList<object?> args, IReadOnlyDictionary<string, object?> named, int line)
    {
        object? Argument(int place, string key, object? missing) => args.Count > place ? args[place] : named.GetValueOrDefault(key, missing);
        switch (name)
        {
            case "trim": return TemplateText.Strip(Text(value), Argument(0, "chars", null) as string, true, true);
            case "length" or "count": return Length(value, line);
            case "upper": return TemplateText.Upper(Text(value));
            case "lower": return Text(value).ToLowerInvariant();
            case "title": return TemplateText.Title(Text(value));
            case "capitalize": return TemplateText.Capitalize(Text(value));
            case "string" or "safe": return Text(value);
            case "int": return ToInt(value, Argument(0, "default", 0L));
            case "float": return double.TryParse(Text(value), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : IsNumber(value) ? Number(value) : Argument(0, "default", 0.0);
            case "abs": return IsWhole(value) ? Math.Abs(Whole(value)) : Math.Abs(Number(value));
            case "default" or "d": return value is TemplateUndefined || (IsTrue(Argument(1, "boolean", false)) && !IsTrue(value)) ? Argument(0, "default_value", "") : value;
            case "list": return Items(value, line);
            case "first": return Items(value, line) is { Count: > 0 } f ? f[0] : new TemplateUndefined("first");
            case "last": return Items(value, line) is { Count: > 0 } l ? l[^1] : new TemplateUndefined("last");
            case "reverse": return value is string text ? string.Concat(Enumerable.Reverse(TemplateText.CodePoints(text))) : Enumerable.Reverse(Items(value, line)).ToList();
            case "join": return string.Join(Text(Argument(0, "d", "")), Items(value, line).Select(i => Text(Argument(1, "attribute", null) is { } a ? Attribute(i, Text(a)) : i)));
            case "replace": return Text(value).Replace(Text(Argument(0, "old", "")), Text(Argument(1, "new", "")), StringComparison.Ordinal);
            case "items": return Pairs(value, line);
            case "dictsort": return Pairs(value, line).OrderBy(p => Text(((List<object?>)p!)[0]).ToLowerInvariant(), StringComparer.Ordinal).ToList();
            case "tojson": return Json(value, Argument(0, "indent", null) is { } indent ? (int)Whole(indent) : null, line);
            case "indent": return Indent(Text(value), (int)Whole(Argument(0, "width", 4L)), IsTrue(Argument(1, "first", false)), IsTrue(Argument(2, "blank", false)));
            case "unique": return Items(value, line).Aggregate(new List<object?>(), (seen, i) => { if (!seen.Exists(s => AreEqual(s, i))) { seen.Add(i); } return seen; });
            case "sum": return Items(value, line).Aggregate((object?)0L, (sum, i) => IsWhole(sum) && IsWhole(i) ? Whole(sum) + Whole(i) : Number(sum) + Number(i));
            case "map": return Items(value, line).Select(i => named.TryGetValue("attribute", out object? a) ? Attribute(i, Text(a)) : Apply(Text(args[0]), i, [.. args.Skip(1)], named, line)).ToList();
            case "select" or "reject": return Items(value, line).Where(i => (args.Count == 0 ? IsTrue(i) : Test(Text(args[0]), i, [.. args.Skip(1)], line)) == (name == "select")).ToList();
            case "selectattr" or "rejectattr":
                return Items(value, line).Where(i => (args.Count == 1 ? IsTrue(Attribute(i, Text(args[0]))) : Test(Text(args[1]), Attribute(i, Text(args[0])), [.. args.Skip(2)], line)) == (name == "selectattr")).ToList();
            default: throw TemplateText.Error(line, $"the filter '{name}' is not supported");
        }
    }

    /// <summary>Whether a test holds.</summary>
    /// <exception cref="InputException">There is no such test.</exception>
    public static bool Test(string name, object? value, IReadOnlyList<object?> args, int line) => name switch
    {
        "defined" => value is not TemplateUndefined,
        "undefined" => value is TemplateUndefined,
        "none" => value is null,
        "string" => value is string,
        "mapping" => value is TemplateMap,
        "sequence" => value is string or List<object?> or TemplateMap,
        "iterable" => value is string or List<object?> or TemplateMap or TemplateUndefined,
        "number" => IsNumber(value),
        "integer" => IsWhole(value),
        "float" => value is double,
        "boolean" => value is bool,
        "true" => value is true,
        "false" => value is false,
        "callable" => value is TemplateFunction,
        "odd" => Whole(value) % 2 != 0,
        "even" => Whole(value) % 2 == 0,
        "divisibleby" => Whole(value) % Whole(args[0]) == 0,
        "lower" => Text(value) == Text(value).ToLowerInvariant(),
        "upper" => Text(value) == Text(value).ToUpperInvariant(),
        "equalto" or "eq" or "==" or "sameas" => AreEqual(value, args[0]),
        "ne" or "!=" => !AreEqual(value, args[0]),
        "gt" or "greaterthan" or ">" => Number(value) > Number(args[0]),
        "ge" or ">=" => Number(value) >= Number(args[0]),
        "lt" or "lessthan" or "<" => Number(value) < Number(args[0]),
        "le" or "<=" => Number(value) <= Number(args[0]),
        "in" => Contains(args[0], value, line),
        _ => throw TemplateText.Error(line, $"the test '{name}' is not supported"),
    };

    public static bool Contains(object? container, object? value, int line) => container switch
    {
        string text => value is string part ? text.Contains(part, StringComparison.Ordinal) : throw TemplateText.Error(line, "'in' a text takes a text"),
        List<object?> list => list.Exists(i => AreEqual(i, value)),
        TemplateMap map => value is string key && map.ContainsKey(key),
        TemplateUndefined => false,
        _ => throw TemplateText.Error(line, "'in' takes a text, a list or a mapping"),
    };

    public static object? Attribute(object? target, string name) => target switch
    {
        TemplateMap map when map.TryGetValue(name, out object? value) => value,
        TemplateNamespace space when space.Values.TryGetValue(name, out object? value) => value,
        _ => new TemplateUndefined(name),
    };

    public static long Length(object? value, int line) => value switch
    {
        string text => TemplateText.Length(text),
        TemplateMap map => map.Count,
        TemplateUndefined => 0,
        List<object?> list => list.Count,
        _ => throw TemplateText.Error(line, "length of a value that has none"),
    };

    /// <summary>What a loop over a value visits.</summary>
    public static List<object?> Items(object? value, int line) => value switch
    {
        List<object?> list => list,
        TemplateMap map => [.. map.Keys],
        string text => [.. TemplateText.CodePoints(text)],
        TemplateUndefined => [],
        _ => throw TemplateText.Error(line, $"{Repr(value)} cannot be looped over"),
    };

    public static List<object?> Pairs(object? value, int line) => value switch
    {
        TemplateMap map => [.. map.Select(p => (object?)new List<object?> { p.Key, p.Value })],
        TemplateUndefined => [],
        _ => throw TemplateText.Error(line, "items of a value that is no mapping"),
    };

    private static object? ToInt(object? value, object? missing) => value switch
    {
        string text => long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? (long)number : missing,
        _ when IsNumber(value) => value is double d ? (long)d : Whole(value),
        _ => missing,
    };

    private static string Indent(string text, int width, bool first, bool blank)
    {
        string pad = new(' ', Math.Clamp(width, 0, 256));
        string[] lines = text.Split('\n');
        return string.Join('\n', lines.Select((l, i) => (i == 0 ? first : blank || l.Length > 0) ? pad + l : l));
    }
}
