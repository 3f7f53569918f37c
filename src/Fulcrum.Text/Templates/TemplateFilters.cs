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
internal static class TemplateFilters
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
    /// <exception cref="InputException">There is no such filter, or it does not fit the value; names it and the
    /// line.</exception>
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

    // The one filter that lm-evaluation-harness adds to Jinja's own.
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

    /// <summary>Texts with another between them.</summary>
    public static string Joined(string between, int line, IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        TemplateSize.Check(all.Length, between.Length, line);
        return string.Join(between, all);
    }

    private static TemplateUndefined Missing(string which) => new($"No {which} item, sequence was empty.");

    /// <summary>Jinja's attribute getter: names and indices separated by dots.</summary>
    private static Func<object?, object?> Of(object? attribute) =>
        attribute is null
            ? item => item
            : item =>
                Text(attribute)
                    .Split('.')
                    .Aggregate(
                        item,
                        (owner, part) =>
                            owner is TemplateUndefined
                                ? throw new InputException(
                                    $"the chat template says: {((TemplateUndefined)owner).Complaint}"
                                )
                            : long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long place)
                                ? TemplateMethods.At(owner, place)
                            : TemplateMethods.At(owner, part)
                    );

    private static Func<object?, object?> Mapping(FilterCall call)
    {
        if (call.Positional.Count == 0 && call.Named.TryGetValue("attribute", out object? attribute))
        {
            return item =>
                Of(attribute)(item) is var found
                && found is TemplateUndefined
                && call.Named.TryGetValue("default", out object? missing)
                    ? missing
                    : found;
        }

        string name =
            call.Positional.Count > 0 ? Text(call.Positional[0]) : throw call.Error("map requires a filter argument");
        return Names.Contains(name)
            ? item =>
                Ticked(call.Line, item) is var i
                    ? Apply(new FilterCall(name, [.. call.Positional.Skip(1)], call.Named, call.Line), i)
                    : null
            : throw call.Error($"No filter named {TemplateText.Quote(name)}.");
    }

    private static bool Chosen(FilterCall call, object? value, int from) =>
        Ticked(call.Line, value) is var _ && call.Positional.Count > from
            ? TemplateTests.Holds(Text(call.Positional[from]), value, [.. call.Positional.Skip(from + 1)], call.Line)
            : IsTrue(value);

    private static object? Hashed(FilterCall call, object? value, bool caseSensitive) =>
        value is TemplateMap || (value is List<object?> list && Kind(list) == "list")
            ? throw call.Error($"unhashable type: '{TypeName(value)}'")
            : Key(value, caseSensitive);

    private static object? Key(object? value, bool caseSensitive) =>
        value is string text && !caseSensitive ? TemplateText.Lower(text) : value;

    private static readonly IEqualityComparer<object?> Equality = EqualityComparer<object?>.Create(
        (a, b) => AreEqual(Ticked(0, a), b),
        v =>
            IsNumber(v) ? Number(v).GetHashCode()
            : v is string s ? s.GetHashCode(StringComparison.Ordinal)
            : 0
    );

    private static List<object?> Sorted(IEnumerable<object?> items, Func<object?, object?> key, bool reverse, int line)
    {
        (object? Key, object? Item)[] keyed = [.. items.Select(i => (key(i), i))];
        Comparer<object?> order = Comparer<object?>.Create(
            (a, b) =>
                Ticked(line, a) is TemplateUndefined && b is TemplateUndefined
                    ? 0
                    : Order(TemplateOperators.Defined(a, line), TemplateOperators.Defined(b, line))
                        ?? throw TemplateText.Error(
                            line,
                            $"'<' not supported between instances of '{TypeName(b)}' and '{TypeName(a)}'"
                        )
        );
        try
        {
            return
            [
                .. (reverse ? keyed.OrderByDescending(k => k.Key, order) : keyed.OrderBy(k => k.Key, order)).Select(k =>
                    k.Item
                ),
            ];
        }
        catch (InvalidOperationException e) when (e.InnerException is InputException inner)
        {
            throw inner;
        }
    }

    private static object? Extreme(object? value, FilterCall call)
    {
        Func<object?, object?> key = i => Key(Of(call.Argument(1, "attribute"))(i), call.Flag(0, "case_sensitive"));
        List<object?> items = Items(value, call.Line);
        return items.Count == 0
            ? new TemplateUndefined("No aggregated item, sequence was empty.")
            : items.Aggregate(
                (best, i) =>
                    TemplateOperators.Compare(call.Name == "min" ? "<" : ">", key(i), key(best), call.Line) ? i : best
            );
    }

    private static List<object?> DictSort(object? value, FilterCall call)
    {
        TemplateMap map =
            value as TemplateMap
            ?? throw call.Error(
                $"'{TypeName(TemplateOperators.Defined(value, call.Line))}' object has no attribute 'items'"
            );
        int place = Text(call.Argument(1, "by", "key")) switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw call.Error("You can only sort by either \"key\" or \"value\""),
        };
        return Sorted(
            Pairs(map),
            p => Key(((List<object?>)p!)[place], call.Flag(0, "case_sensitive")),
            call.Flag(2, "reverse"),
            call.Line
        );
    }

    private static List<object?> Grouped(object? value, FilterCall call)
    {
        object? attribute = call.Argument(0, "attribute"),
            missing = call.Argument(1, "default");
        Func<object?, object?> own = i =>
            Of(attribute)(i) is var found && found is TemplateUndefined && missing is not null ? missing : found;
        List<object?> items = Items(value, call.Line),
            sorted = Sorted(
                items,
                i =>
                    items.Count == 1
                        ? own(i)
                        : Key(TemplateOperators.Defined(own(i), call.Line), call.Flag(2, "case_sensitive")),
                false,
                call.Line
            );
        return
        [
            .. sorted
                .GroupBy(i => Key(own(i), call.Flag(2, "case_sensitive")), Equality)
                .Select(g => (object?)TemplateSequence.Of(own(g.First()), g.ToList())),
        ];
    }

    private static IEnumerable<object?> Batches(object? value, FilterCall call)
    {
        int size = (int)Whole(call.Argument(0, "linecount"));
        foreach (object?[] batch in Items(value, call.Line).Chunk(Math.Max(1, size)))
        {
            yield return call.Argument(1, "fill_with") is { } fill
                ? [.. batch, .. Enumerable.Repeat(fill, Math.Clamp(size, 1, 1 << 16) - batch.Length)]
                : batch.ToList();
        }
    }

    private static IEnumerable<object?> Slices(object? value, FilterCall call)
    {
        List<object?> items = Items(value, call.Line);
        int slices = (int)Math.Clamp(Whole(call.Argument(0, "slices")), 1, 1 << 16),
            each = items.Count / slices,
            more = items.Count % slices,
            at = 0;
        for (int s = 0; s < slices; s++)
        {
            List<object?> slice = items.GetRange(at, each + (s < more ? 1 : 0));
            at += slice.Count;
            yield return s >= more && call.Argument(1, "fill_with") is { } fill ? [.. slice, fill] : slice;
        }
    }

    private static object? ToInt(object? value, FilterCall call)
    {
        TemplateOperators.Defined(value, call.Line);
        return value switch
        {
            string text when TemplateText.ToInteger(text, Whole(call.Argument(1, "base", 10L))) is { } whole => Int(
                whole
            ),
            double or string => ToFloat(value) is { } real && double.IsFinite(real)
                ? Int(new BigInteger(Math.Truncate(real)))
                : call.Argument(0, "default", 0L),
            _ when IsNumber(value) => Int(Big(value)),
            _ => call.Argument(0, "default", 0L),
        };
    }

    // A mapping or a list of pairs becomes a query string.
    private static string UrlEncoded(object? value, FilterCall call)
    {
        if (value is string or not (TemplateMap or List<object?>))
        {
            return TemplateText.UrlQuote(Text(value), "/");
        }

        IEnumerable<object?> pairs = value is TemplateMap map ? Pairs(map) : Items(value, call.Line);
        return string.Join(
            '&',
            pairs.Select(p =>
                Items(p, call.Line) is [var key, var item]
                    ? $"{Query(key)}={Query(item)}"
                    : throw call.Error("urlencode needs a text, a mapping or pairs")
            )
        );

        static string Query(object? part) =>
            TemplateText.UrlQuote(Text(part), "").Replace("%20", "+", StringComparison.Ordinal);
    }

    private static double? ToFloat(object? value) =>
        value switch
        {
            string text when text.Trim().TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity" => text.Trim()[0]
            == '-'
                ? double.NegativeInfinity
                : double.PositiveInfinity,
            string text => double.TryParse(
                text.Trim().Replace("_", "", StringComparison.Ordinal),
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out double number
            )
                ? number
                : null,
            _ => IsNumber(value) ? Number(value) : null,
        };

    private static object Rounded(object? value, FilterCall call)
    {
        int digits = (int)Math.Clamp(Whole(call.Argument(0, "precision", 0L)), -300, 300);
        string method = Text(call.Argument(1, "method", "common"));
        if (method is not ("common" or "ceil" or "floor"))
        {
            throw call.Error("method must be common, ceil or floor");
        }

        if (!IsNumber(value))
        {
            throw call.Error($"type {TypeName(value)} doesn't define __round__ method");
        }

        double number = Number(value),
            power = Math.Pow(10, digits);
        return (method, value) switch
        {
            ("common", double d) => double.IsFinite(d) ? Math.CopySign(TemplateText.Round(Math.Abs(d), digits), d) : d,
            ("common", _) => Int(digits >= 0 ? Big(value) : TemplateText.Round(Big(value), -digits)),
            _ => (method == "ceil" ? Math.Ceiling(number * power) : Math.Floor(number * power)) / power,
        };
    }

    // transformers' own tojson: nothing beyond ASCII escaped, and its arguments in this order.
    private static JsonStyle Style(FilterCall call)
    {
        string? indent = call.Argument(1, "indent") switch
        {
            null => null,
            string text => Short(text, call),
            var width => new string(' ', (int)Math.Clamp(Whole(width), 0, 64)),
        };
        List<object?>? separators = call.Argument(2, "separators") as List<object?>;
        return new JsonStyle(
            indent,
            separators is { Count: 2 } ? Short(Text(separators[0]), call)
                : indent is null ? ", "
                : ",",
            separators is { Count: 2 } ? Short(Text(separators[1]), call) : ": ",
            call.Flag(0, "ensure_ascii"),
            call.Flag(3, "sort_keys")
        );
    }

    private static string Short(string text, FilterCall call) =>
        text.Length <= 64 ? text : throw call.Error("an indent or a separator of more than 64 characters");

    private static string Indent(string text, FilterCall call)
    {
        string pad = call.Argument(0, "width", 4L) is string given
            ? given
            : new string(' ', (int)Math.Clamp(Whole(call.Argument(0, "width", 4L)), 0, 256));
        bool first = call.Flag(1, "first"),
            blank = call.Flag(2, "blank");
        List<string> lines = TemplateMethods.Lines(text + "\n");
        TemplateSize.Check(lines.Count, pad.Length, call.Line);
        string body = blank
            ? string.Join("\n" + pad, lines)
            : string.Join('\n', lines.Select((l, i) => i > 0 && l.Length > 0 ? pad + l : l));
        return first ? pad + body : body;
    }

    private static string Truncated(string text, FilterCall call)
    {
        int length = (int)Whole(call.Argument(0, "length", 255L)),
            leeway = (int)Whole(call.Argument(3, "leeway", 5L));
        string end = Text(call.Argument(2, "end", "..."));
        if (TemplateText.Length(text) <= length + leeway)
        {
            return text;
        }

        string cut = string.Concat(TemplateText.CodePoints(text).Take(Math.Max(0, length - TemplateText.Length(end))));
        return (call.Flag(1, "killwords") || cut.LastIndexOf(' ') is not (>= 0 and var space) ? cut : cut[..space])
            + end;
    }
}
