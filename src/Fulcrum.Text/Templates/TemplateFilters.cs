using System.Globalization;
using System.Numerics;
using Fulcrum.Patterns;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>The arguments of a filter.</summary>
internal sealed record FilterCall(
    string Name,
    IReadOnlyList<object?> Positional,
    IReadOnlyDictionary<string, object?> Named,
    int Line
)
{
    /// <summary>Returns an argument by position or name.</summary>
    public object? Argument(int place, string key, object? missing = null) =>
        Positional.Count > place ? Positional[place] : Named.GetValueOrDefault(key, missing);

    public bool Flag(int place, string key) => IsTrue(Argument(place, key, false));

    public InputException Error(string what) => TemplateText.Error(Line, what);
}

/// <summary>The filters that chat templates use.</summary>
internal static partial class TemplateFilters
{
    /// <summary>The names of all filters.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal)
    {
        "trim",
        "length",
        "count",
        "upper",
        "lower",
        "title",
        "capitalize",
        "string",
        "safe",
        "int",
        "float",
        "abs",
        "round",
        "default",
        "d",
        "list",
        "first",
        "last",
        "reverse",
        "join",
        "replace",
        "items",
        "dictsort",
        "tojson",
        "indent",
        "unique",
        "sum",
        "min",
        "max",
        "sort",
        "groupby",
        "batch",
        "slice",
        "map",
        "select",
        "reject",
        "selectattr",
        "rejectattr",
        "attr",
        "format",
        "center",
        "e",
        "escape",
        "forceescape",
        "urlencode",
        "wordcount",
        "truncate",
        "regex_replace",
    };

    /// <summary>Applies a filter.</summary>
    /// <exception cref="InputException">There is no such filter, or the value has the wrong type for it. The message
    /// names filter and line.</exception>
    public static object? Apply(FilterCall call, object? value) =>
        call.Name switch
        {
            "trim" => TemplateText.Strip(
                Text(value),
                call.Argument(0, "chars") is { } chars ? Text(chars) : null,
                true,
                true
            ),
            "length" or "count" => Length(value, call.Line),
            "upper" => TemplateText.Upper(Text(value)),
            "lower" => TemplateText.Lower(Text(value)),
            "title" => TemplateText.Words(Text(value)),
            "capitalize" => TemplateText.Capitalize(Text(value)),
            "string" or "safe" => Text(value),
            "int" => ToInt(value, call),
            "float" => ToFloat(TemplateOperators.Defined(value, call.Line)) ?? call.Argument(0, "default", 0.0),
            "abs" => TemplateOperators.Defined(value, call.Line) switch
            {
                double d => Math.Abs(d),
                _ when IsNumber(value) => Int(BigInteger.Abs(Big(value))),
                _ => throw call.Error($"bad operand type for abs(): '{TypeName(value)}'"),
            },
            "round" => Rounded(TemplateOperators.Defined(value, call.Line), call),
            "default" or "d" => value is TemplateUndefined || (call.Flag(1, "boolean") && !IsTrue(value))
                ? call.Argument(0, "default_value", "")
                : value,
            "list" => Items(value, call.Line).ToList(),
            "first" => value is TemplateGenerator once ? (once.TryNext(out object? next) ? next : Missing("first"))
            : Items(value, call.Line) is { Count: > 0 } f ? f[0]
            : Missing("first"),
            "last" => value is TemplateGenerator ? throw call.Error("'generator' object is not reversible")
            : Items(value, call.Line) is { Count: > 0 } l ? l[^1]
            : Missing("last"),
            "reverse" => value is string text
                ? string.Concat(Enumerable.Reverse(TemplateText.CodePoints(text)))
                : new TemplateGenerator(Enumerable.Reverse(Items(value, call.Line))),
            "join" => Joined(
                Text(call.Argument(0, "d", "")),
                call.Line,
                Items(value, call.Line).Select(Of(call.Argument(1, "attribute"))).Select(Text)
            ),
            "replace" => TemplateMethods.Replace(
                Text(value),
                Text(call.Argument(0, "old")),
                Text(call.Argument(1, "new")),
                call.Argument(2, "count") is { } most ? Whole(most) : -1,
                call.Line
            ),
            "items" => new TemplateGenerator(
                value is TemplateUndefined ? []
                : value is TemplateMap pairs ? Pairs(pairs)
                : throw call.Error("Can only get item pairs from a mapping.")
            ),
            "dictsort" => DictSort(value, call),
            "tojson" => TemplateValues.Json(value, Style(call), call.Line),
            "indent" => Indent(
                TemplateOperators.Defined(value, call.Line) as string
                    ?? throw call.Error($"unsupported operand type(s) for +=: '{TypeName(value)}' and 'str'"),
                call
            ),
            "unique" => new TemplateGenerator(
                Items(value, call.Line)
                    .DistinctBy(
                        i => Hashed(call, Of(call.Argument(1, "attribute"))(i), call.Flag(0, "case_sensitive")),
                        Equality
                    )
            ),
            "sum" => Items(value, call.Line)
                .Select(Of(call.Argument(0, "attribute")))
                .Aggregate(call.Argument(1, "start", 0L), (sum, i) => TemplateOperators.Binary("+", sum, i, call.Line)),
            "min" or "max" => Extreme(value, call),
            "sort" => Sorted(
                Items(value, call.Line),
                i => Key(Of(call.Argument(2, "attribute"))(i), call.Flag(1, "case_sensitive")),
                call.Flag(0, "reverse"),
                call.Line
            ),
            "groupby" => Grouped(value, call),
            "batch" => new TemplateGenerator(Batches(value, call)),
            "slice" => new TemplateGenerator(Slices(value, call)),
            "map" or "select" or "reject" or "selectattr" or "rejectattr" when !IsTrue(value) =>
                new TemplateGenerator([]),
            "map" => new TemplateGenerator(Items(value, call.Line).Select(Mapping(call))),
            "select" or "reject" => new TemplateGenerator(
                Items(value, call.Line).Where(i => Chosen(call, i, 0) == (call.Name == "select"))
            ),
            "selectattr" or "rejectattr" => new TemplateGenerator(
                Items(value, call.Line)
                    .Where(i =>
                        Chosen(
                            call,
                            Of(
                                call.Argument(0, "attribute")
                                    ?? throw call.Error("Missing parameter for attribute name")
                            )(i),
                            1
                        ) == (call.Name == "selectattr")
                    )
            ),
            "e" or "escape" or "forceescape" => TemplateText.Escape(Text(value)),
            "urlencode" => UrlEncoded(value, call),
            "attr" => TemplateMethods.Member(
                TemplateOperators.Defined(value, call.Line),
                Text(call.Argument(0, "name")),
                itemsToo: false
            ),
            "format" => call.Named.Count > 0
                ? TemplateFormat.Percent(Text(value), Map(call.Named), call.Line)
                : TemplateFormat.Percent(Text(value), TemplateSequence.Of(call.Positional), call.Line),
            "center" => TemplateMethods.Padded(Text(value), call.Argument(0, "width", 80L), ' ', 0, call.Line),
            "wordcount" => (long)
                System.Text.RegularExpressions.Regex.Count(
                    Text(value),
                    @"\w+",
                    System.Text.RegularExpressions.RegexOptions.None,
                    TimeSpan.FromSeconds(5)
                ),
            "truncate" => value is string written ? Truncated(written, call)
            : Length(value, call.Line)
            <= Whole(call.Argument(0, "length", 255L)) + Whole(call.Argument(3, "leeway", 5L))
                ? value
            : throw call.Error("truncate of a value that is no text is not supported"),
            "regex_replace" => RegexReplaced(value, call),
            _ => throw call.Error($"the filter '{call.Name}' is not supported"),
        };

    // The only filter that lm-evaluation-harness adds to Jinja.
    private static string RegexReplaced(object? value, FilterCall call) =>
        new PythonPattern(Text(call.Argument(0, "pattern"))).Replace(
            Text(value),
            Text(call.Argument(1, "repl")),
            (int)Math.Clamp(Whole(call.Argument(2, "count", 0L)), 0, int.MaxValue)
        );

    private static object? Ticked(int line, object? value)
    {
        TemplateSize.Tick(line);
        return value;
    }

    public static bool Contains(object? container, object? value, int line) =>
        container switch
        {
            string text => value is string part
                ? text.Contains(part, StringComparison.Ordinal)
                : throw TemplateText.Error(
                    line,
                    $"'in <string>' requires string as left operand, not {TypeName(value)}"
                ),
            List<object?> list => list.Exists(i => AreEqual(i, value)),
            TemplateMap map => value is string key ? map.ContainsKey(key)
            : value is not (List<object?> and not TemplateSequence) && value is not TemplateMap ? false
            : throw TemplateText.Error(line, $"unhashable type: '{TypeName(value)}'"),
            TemplateUndefined undefined => undefined.As(false),
            TemplateGenerator generator => generator.Take().Exists(i => AreEqual(i, value)),
            _ => throw TemplateText.Error(line, $"argument of type '{TypeName(container)}' is not iterable"),
        };

    public static long Length(object? value, int line) =>
        value switch
        {
            string text => TemplateText.Length(text),
            TemplateMap map => map.Count,
            TemplateUndefined undefined => undefined.As(0),
            List<object?> list => list.Count,
            _ => throw TemplateText.Error(line, $"object of type '{TypeName(value)}' has no len()"),
        };

    /// <summary>Returns the items that a loop over a value visits.</summary>
    public static List<object?> Items(object? value, int line) =>
        value switch
        {
            List<object?> list => list,
            TemplateMap map => [.. map.Keys],
            string text => [.. TemplateText.CodePoints(text)],
            TemplateUndefined undefined => undefined.As<List<object?>>([]),
            TemplateGenerator generator => generator.Take(),
            _ => throw TemplateText.Error(line, $"'{TypeName(value)}' object is not iterable"),
        };

    public static IEnumerable<object?> Pairs(TemplateMap map) =>
        map.Select(p => (object?)TemplateSequence.Of(p.Key, p.Value));

    /// <summary>Returns texts joined by a separator.</summary>
    public static string Joined(string between, int line, IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        TemplateSize.Check(all.Length, between.Length, line);
        return string.Join(between, all);
    }

    private static TemplateUndefined Missing(string which) => new($"No {which} item, sequence was empty.");
}
