using System.Globalization;
using System.Numerics;
using Fulcrum.Patterns;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Filters of lists and mappings.</content>
internal static partial class TemplateFilters
{
    /// <summary>Returns a function that reads an attribute path of an item: names and indices separated by
    /// dots.</summary>
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
}
