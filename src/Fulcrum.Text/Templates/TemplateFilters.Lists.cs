using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Filters of lists and mappings.</content>
internal static partial class TemplateFilters
{
    private const int MostSlices = 1 << 16,
        LargestBatch = 1 << 16;

    private static object? First(object? value, FilterCall call)
    {
        if (value is TemplateGenerator generator)
        {
            return generator.TryNext(out object? next) ? next : Missing("first");
        }

        return Items(value, call.Line) is [var first, ..] ? first : Missing("first");
    }

    private static object? Last(object? value, FilterCall call)
    {
        if (value is TemplateGenerator)
        {
            throw call.Error("'generator' object is not reversible");
        }

        return Items(value, call.Line) is [.., var last] ? last : Missing("last");
    }

    private static TemplateUndefined Missing(string which) => new($"No {which} item, sequence was empty.");

    private static object Reversed(object? value, FilterCall call) =>
        value is string text
            ? string.Concat(Enumerable.Reverse(TemplateText.CodePoints(text)))
            : new TemplateGenerator(Enumerable.Reverse(Items(value, call.Line)));

    private static string Joined(object? value, FilterCall call)
    {
        string separator = call.TextArgument(0, "d", "");
        IEnumerable<object?> parts = Items(value, call.Line).Select(AttributeReader(call.Argument(1, "attribute")));
        return Joined(separator, call.Line, parts.Select(Text));
    }

    private static TemplateGenerator ItemPairs(object? value, FilterCall call) =>
        value switch
        {
            TemplateUndefined => new TemplateGenerator([]),
            TemplateMap map => new TemplateGenerator(Pairs(map)),
            _ => throw call.Error("Can only get item pairs from a mapping."),
        };

    private static object? Sum(object? value, FilterCall call)
    {
        IEnumerable<object?> terms = Items(value, call.Line).Select(AttributeReader(call.Argument(0, "attribute")));
        object? start = call.Argument(1, "start", 0L);
        return terms.Aggregate(start, (sum, term) => TemplateOperators.Binary("+", sum, term, call.Line));
    }

    /// <summary>Returns the smallest or the largest item; of equal ones the first.</summary>
    /// <param name="better">The comparison that a better item passes against the best so far.</param>
    private static object? Extreme(object? value, FilterCall call, string better)
    {
        Func<object?, object?> read = AttributeReader(call.Argument(1, "attribute"));
        List<object?> items = Items(value, call.Line);
        return items.Count == 0
            ? new TemplateUndefined("No aggregated item, sequence was empty.")
            : items.Aggregate(
                (best, item) => TemplateOperators.Compare(better, Key(item), Key(best), call.Line) ? item : best
            );

        object? Key(object? item) => Folded(read(item), call.Flag(0, "case_sensitive"));
    }

    private static List<object?> Sorted(object? value, FilterCall call)
    {
        Func<object?, object?> read = AttributeReader(call.Argument(2, "attribute"));
        return Sorted(
            Items(value, call.Line),
            item => Folded(read(item), call.Flag(1, "case_sensitive")),
            call.Flag(0, "reverse"),
            call.Line
        );
    }

    private static List<object?> DictSorted(object? value, FilterCall call)
    {
        TemplateMap map =
            value as TemplateMap
            ?? throw call.Error($"'{TypeName(call.Defined(value))}' object has no attribute 'items'");
        int place = call.TextArgument(1, "by", "key") switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw call.Error("You can only sort by either \"key\" or \"value\""),
        };
        return Sorted(
            Pairs(map),
            pair => Folded(((List<object?>)pair!)[place], call.Flag(0, "case_sensitive")),
            call.Flag(2, "reverse"),
            call.Line
        );
    }

    private static List<object?> Sorted(IEnumerable<object?> items, Func<object?, object?> key, bool reverse, int line)
    {
        (object? Key, object? Item)[] keyed = [.. items.Select(item => (key(item), item))];
        Comparer<object?> order = Comparer<object?>.Create((a, b) => Compared(a, b, line));
        try
        {
            IEnumerable<(object? Key, object? Item)> sorted = reverse
                ? keyed.OrderByDescending(k => k.Key, order)
                : keyed.OrderBy(k => k.Key, order);
            return [.. sorted.Select(k => k.Item)];
        }
        // The sort wraps an exception of the comparer.
        catch (InvalidOperationException e) when (e.InnerException is InputException inner)
        {
            throw inner;
        }
    }

    private static int Compared(object? a, object? b, int line)
    {
        TemplateSize.Tick(line);
        if (a is TemplateUndefined && b is TemplateUndefined)
        {
            return 0;
        }

        return Order(TemplateOperators.Defined(a, line), TemplateOperators.Defined(b, line))
            ?? throw TemplateText.Error(
                line,
                $"'<' not supported between instances of '{TypeName(b)}' and '{TypeName(a)}'"
            );
    }

    private static TemplateGenerator Unique(object? value, FilterCall call)
    {
        Func<object?, object?> read = AttributeReader(call.Argument(1, "attribute"));
        return new TemplateGenerator(Items(value, call.Line).DistinctBy(Key, ByPythonEquality));

        object? Key(object? item)
        {
            object? key = read(item);
            return IsHashable(key)
                ? Folded(key, call.Flag(0, "case_sensitive"))
                : throw call.Error($"unhashable type: '{TypeName(key)}'");
        }
    }

    private static List<object?> Grouped(object? value, FilterCall call)
    {
        Func<object?, object?> read = AttributeReader(call.Argument(0, "attribute"));
        object? missing = call.Argument(1, "default");
        List<object?> items = Items(value, call.Line);
        // Jinja sorts the items first. A single item is not compared, so its attribute may be undefined.
        Func<object?, object?> sortKey = items.Count == 1 ? Attribute : item => GroupKey(call.Defined(Attribute(item)));
        return
        [
            .. Sorted(items, sortKey, reverse: false, call.Line)
                .GroupBy(item => GroupKey(Attribute(item)), ByPythonEquality)
                .Select(group => (object?)TemplateSequence.Of(Attribute(group.First()), group.ToList())),
        ];

        object? Attribute(object? item)
        {
            object? found = read(item);
            return found is TemplateUndefined && missing is not null ? missing : found;
        }

        object? GroupKey(object? attribute) => Folded(attribute, call.Flag(2, "case_sensitive"));
    }

    private static IEnumerable<object?> Batches(object? value, FilterCall call)
    {
        int size = (int)call.WholeArgument(0, "linecount");
        object? fill = call.Argument(1, "fill_with");
        foreach (object?[] batch in Items(value, call.Line).Chunk(Math.Max(1, size)))
        {
            int lacking = Math.Clamp(size, 1, LargestBatch) - batch.Length;
            yield return fill is null ? batch.ToList() : [.. batch, .. Enumerable.Repeat(fill, lacking)];
        }
    }

    // The first slices have one item more if the items cannot be divided evenly. The others are filled up.
    private static IEnumerable<object?> Slices(object? value, FilterCall call)
    {
        List<object?> items = Items(value, call.Line);
        int slices = (int)Math.Clamp(call.WholeArgument(0, "slices"), 1, MostSlices);
        object? fill = call.Argument(1, "fill_with");
        (int shortLength, int longSlices) = Math.DivRem(items.Count, slices);
        for (int slice = 0, start = 0; slice < slices; slice++)
        {
            bool isLong = slice < longSlices;
            List<object?> content = items.GetRange(start, shortLength + (isLong ? 1 : 0));
            start += content.Count;
            yield return isLong || fill is null ? content : [.. content, fill];
        }
    }

    // Texts are compared without case unless the filter is case-sensitive.
    private static object? Folded(object? value, bool caseSensitive) =>
        value is string text && !caseSensitive ? TemplateText.Lower(text) : value;

    // Python's equality: 1, 1.0 and True are equal, so they have the same hash.
    private static readonly IEqualityComparer<object?> ByPythonEquality = EqualityComparer<object?>.Create(
        (a, b) =>
        {
            TemplateSize.Tick(0);
            return AreEqual(a, b);
        },
        value =>
            IsNumber(value) ? Number(value).GetHashCode()
            : value is string text ? text.GetHashCode(StringComparison.Ordinal)
            : 0
    );
}
