using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>The filters that chat templates use, with the results and the error messages of Jinja.</summary>
internal static partial class TemplateFilters
{
    // Returns the filtered value.
    private delegate object? Filter(object? value, FilterCall call);

    private static readonly Dictionary<string, Filter> Filters = new(StringComparer.Ordinal)
    {
        // Texts
        ["string"] = (value, _) => Text(value),
        ["safe"] = (value, _) => Text(value),
        ["trim"] = Trim,
        ["upper"] = (value, _) => TemplateText.Upper(Text(value)),
        ["lower"] = (value, _) => TemplateText.Lower(Text(value)),
        ["title"] = (value, _) => TemplateText.Words(Text(value)),
        ["capitalize"] = (value, _) => TemplateText.Capitalize(Text(value)),
        ["center"] = Centred,
        ["indent"] = Indented,
        ["truncate"] = Truncated,
        ["wordcount"] = WordCount,
        ["replace"] = Replaced,
        ["regex_replace"] = RegexReplaced,
        ["format"] = Formatted,
        ["e"] = (value, _) => TemplateText.Escape(Text(value)),
        ["escape"] = (value, _) => TemplateText.Escape(Text(value)),
        ["forceescape"] = (value, _) => TemplateText.Escape(Text(value)),
        ["urlencode"] = UrlEncoded,
        ["tojson"] = ToJson,

        // Numbers
        ["int"] = ToInt,
        ["float"] = ToFloat,
        ["abs"] = Absolute,
        ["round"] = Rounded,

        // Any value
        ["default"] = OrDefault,
        ["d"] = OrDefault,
        ["attr"] = AttributeOf,
        ["length"] = (value, call) => Length(value, call.Line),
        ["count"] = (value, call) => Length(value, call.Line),

        // Lists and mappings
        ["list"] = (value, call) => Items(value, call.Line).ToList(),
        ["first"] = First,
        ["last"] = Last,
        ["reverse"] = Reversed,
        ["join"] = Joined,
        ["items"] = ItemPairs,
        ["sum"] = Sum,
        ["min"] = (value, call) => Extreme(value, call, better: "<"),
        ["max"] = (value, call) => Extreme(value, call, better: ">"),
        ["sort"] = Sorted,
        ["dictsort"] = DictSorted,
        ["unique"] = Unique,
        ["groupby"] = Grouped,
        ["batch"] = (value, call) => new TemplateGenerator(Batches(value, call)),
        ["slice"] = (value, call) => new TemplateGenerator(Slices(value, call)),

        // Each item
        ["map"] = Mapped,
        ["select"] = (value, call) => Selected(value, call, keep: true),
        ["reject"] = (value, call) => Selected(value, call, keep: false),
        ["selectattr"] = (value, call) => SelectedByAttribute(value, call, keep: true),
        ["rejectattr"] = (value, call) => SelectedByAttribute(value, call, keep: false),
    };

    /// <summary>The names of all filters.</summary>
    public static readonly IReadOnlySet<string> Names = Filters.Keys.ToHashSet(StringComparer.Ordinal);

    /// <summary>Applies a filter.</summary>
    /// <exception cref="InputException">There is no such filter, or the value has the wrong type for it. The message
    /// names filter and line.</exception>
    public static object? Apply(FilterCall call, object? value) =>
        Filters.TryGetValue(call.Name, out Filter? filter)
            ? filter(value, call)
            : throw call.Error($"the filter '{call.Name}' is not supported");

    /// <summary>Returns whether a container has a value, as Python's <c>in</c>.</summary>
    /// <exception cref="InputException">The container cannot be searched for such a value.</exception>
    public static bool Contains(object? container, object? value, int line) =>
        container switch
        {
            string text => value is string part
                ? TemplateMethods.IsIn(text, part, line)
                : throw TemplateText.Error(
                    line,
                    $"'in <string>' requires string as left operand, not {TypeName(value)}"
                ),
            List<object?> list => list.Exists(i => AreEqual(i, value)),
            TemplateMap map => value is string key ? map.ContainsKey(key)
            : IsHashable(value) ? false
            : throw TemplateText.Error(line, $"unhashable type: '{TypeName(value)}'"),
            TemplateUndefined undefined => undefined.As(false),
            TemplateGenerator generator => generator.Take().Exists(i => AreEqual(i, value)),
            _ => throw TemplateText.Error(line, $"argument of type '{TypeName(container)}' is not iterable"),
        };

    /// <summary>Returns the number of characters or items of a value, as Python's <c>len</c>.</summary>
    /// <exception cref="InputException">The value has no length.</exception>
    public static long Length(object? value, int line) =>
        value switch
        {
            string text => TemplateText.Length(text),
            TemplateMap map => map.Count,
            TemplateUndefined undefined => undefined.As(0),
            List<object?> list => list.Count,
            _ => throw TemplateText.Error(line, $"object of type '{TypeName(value)}' has no len()"),
        };

    /// <summary>Returns the items that a loop over a value visits. Those of a generator are consumed.</summary>
    /// <exception cref="InputException">The value has no items.</exception>
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

    /// <summary>Returns the keys and values of a mapping as tuples.</summary>
    public static IEnumerable<object?> Pairs(TemplateMap map) =>
        map.Select(p => (object?)TemplateSequence.Of(p.Key, p.Value));

    /// <summary>Returns texts joined by a separator.</summary>
    /// <exception cref="InputException">The result would be too large.</exception>
    public static string Joined(string separator, int line, IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        TemplateSize.Check(all.Length, separator.Length, line);
        return string.Join(separator, all);
    }

    private static object? OrDefault(object? value, FilterCall call)
    {
        bool isMissing = value is TemplateUndefined || (call.Flag(1, "boolean") && !IsTrue(value));
        return isMissing ? call.Argument(0, "default_value", "") : value;
    }

    private static object? AttributeOf(object? value, FilterCall call) =>
        TemplateMethods.Member(call.Defined(value), call.TextArgument(0, "name"), itemsToo: false);

    // Python's lists and mappings have no hash, so they can be neither keys nor members of a set.
    private static bool IsHashable(object? value) => value is TemplateSequence or not (List<object?> or TemplateMap);
}
