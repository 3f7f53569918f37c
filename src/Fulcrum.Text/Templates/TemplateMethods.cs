using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>The methods of texts, lists and mappings that do not change their object.</summary>
internal static partial class TemplateMethods
{
    /// <summary><c>value.name</c>: a method of the value's type if there is one of that name, otherwise the value's
    /// item.</summary>
    public static object? Member(object? target, string name, bool itemsToo = true) =>
        Find(target, name)
        ?? target switch
        {
            TemplateMap map when itemsToo && map.TryGetValue(name, out object? value) => value,
            TemplateNamespace space when space.Values.TryGetValue(name, out object? value) => value,
            TemplateSequence { Kind: TemplateSequence.Tuple, Count: 2 } group when name is "grouper" or "list" => group[
                name == "grouper" ? 0 : 1
            ],
            _ => TemplateUndefined.Attribute(target, name),
        };

    /// <summary><c>value[index]</c>: the value's item, otherwise its method of that name.</summary>
    public static object? At(object? target, object? index) =>
        (target, index) switch
        {
            (TemplateMap map, string key) when map.TryGetValue(key, out object? value) => value,
            (TemplateSequence { IsIndexed: false }, _) => TemplateUndefined.Element(target, index),
            (List<object?> list, _) when IsWhole(index) || index is bool => Place(list.Count, Whole(index)) is { } place
                ? list[place]
                : TemplateUndefined.Element(target, index),
            (string text, _) when IsWhole(index) || index is bool => TemplateText.CodePoints(text) is var points
            && Place(points.Count, Whole(index)) is { } place
                ? points[place]
                : TemplateUndefined.Element(target, index),
            (_, string key) => Member(target, key, itemsToo: false),
            _ => TemplateUndefined.Element(target, index),
        };

    /// <summary>Python's <c>splitlines</c>.</summary>
    public static List<string> Lines(string text, bool keepEnds = false)
    {
        List<string> lines = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (
                text[i]
                is '\n'
                    or '\r'
                    or '\v'
                    or '\f'
                    or '\u001c'
                    or '\u001d'
                    or '\u001e'
                    or '\u0085'
                    or '\u2028'
                    or '\u2029'
            )
            {
                int end = text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? i + 2 : i + 1;
                lines.Add(text[start..(keepEnds ? end : i)]);
                (start, i) = (end, end - 1);
            }
        }

        if (start < text.Length)
        {
            lines.Add(text[start..]);
        }

        return lines;
    }

    /// <summary>Python's <c>str.replace</c>.</summary>
    /// <param name="most">The largest number of replacements; negative: all.</param>
    /// <exception cref="InputException">The result would be too large.</exception>
    public static string Replace(string text, string old, string with, long most, int line)
    {
        long places = old.Length == 0 ? text.Length + 1 : text.Length / old.Length;
        if ((most < 0 ? places : Math.Min(most, places)) * with.Length > 1 << 26)
        {
            throw TemplateText.Error(line, "a text grows without end");
        }

        TemplateSize.CheckSearch(text, old, line);
        if (old.Length > 0)
        {
            return most < 0
                ? text.Replace(old, with, StringComparison.Ordinal)
                : string.Join(with, text.Split(old, (int)Math.Min(most + 1, int.MaxValue)));
        }

        List<string> points = TemplateText.CodePoints(text);
        int count = (int)Math.Min(most < 0 ? long.MaxValue : most, points.Count + 1);
        return string.Concat(points.Select((p, i) => i < count ? with + p : p)) + (count > points.Count ? with : "");
    }

    /// <summary>Returns a text padded to a width.</summary>
    /// <param name="side">Where the text is: -1 left, 0 in the middle, 1 right.</param>
    public static string Padded(string text, object? width, char fill, int side, int line)
    {
        long wide = Whole(width),
            missing = wide - TemplateText.Length(text);
        if (missing <= 0)
        {
            return text;
        }

        int all = wide <= 1 << 16 ? (int)missing : throw TemplateText.Error(line, "a text is padded too far");
        int left = side switch
        {
            -1 => 0,
            1 => all,
            _ => all / 2 + (int)(missing & wide & 1),
        };
        return new string(fill, left) + text + new string(fill, all - left);
    }

    private static TemplateFunction? Find(object? target, string name) =>
        target switch
        {
            string text => OfText(text, name),
            TemplateMap map => OfMap(map, name),
            List<object?> list => OfList(list, name),
            _ => null,
        };

    private static TemplateFunction? OfList(List<object?> list, string name) =>
        name switch
        {
            "count" => (p, _, _) => (long)list.Count(i => AreEqual(i, p[0])),
            "index" => (p, _, line) =>
                list.FindIndex(i => AreEqual(i, p[0])) is >= 0 and var at
                    ? (long)at
                    : throw TemplateText.Error(line, $"{Repr(p[0])} is not in list"),
            "copy" when list is not TemplateSequence => (_, _, _) => list.ToList(),
            "append"
            or "extend"
            or "insert"
            or "pop"
            or "remove"
            or "clear"
            or "sort"
            or "reverse" when list is not TemplateSequence => Unsafe(name),
            _ => null,
        };

    private static TemplateFunction? OfMap(TemplateMap map, string name) =>
        name switch
        {
            "items" => (_, _, _) => new TemplateSequence("dict_items", TemplateFilters.Pairs(map)),
            "keys" => (_, _, _) => new TemplateSequence("dict_keys", map.Keys),
            "values" => (_, _, _) => new TemplateSequence("dict_values", map.Values),
            "get" => (p, _, _) =>
                p[0] is string key && map.TryGetValue(key, out object? value) ? value
                : p.Count > 1 ? p[1]
                : null,
            "copy" => (_, _, _) => Map(map),
            "clear" or "pop" or "popitem" or "setdefault" or "update" => Unsafe(name),
            _ => null,
        };

    private static TemplateFunction Unsafe(string name) =>
        (_, _, line) => throw TemplateText.Error(line, $"'{name}' would change a value, which is not allowed");

    private static object? Argument(
        IReadOnlyList<object?> positional,
        IReadOnlyDictionary<string, object?> named,
        int place,
        string name,
        object? missing
    ) => positional.Count > place ? positional[place] : named.GetValueOrDefault(name, missing);

    private static string Str(object? value, int line) =>
        TemplateOperators.Defined(value, line) as string
        ?? throw TemplateText.Error(line, $"must be str, not {TypeName(value)}");

    private static string? First(IReadOnlyList<object?> positional) =>
        positional.Count == 0 || positional[0] is null
            ? null
            : positional[0] as string ?? throw new InvalidCastException();

    private static int? Place(int count, long index) =>
        index < 0 ? (index + count is >= 0 and var i ? (int)i : null)
        : index < count ? (int)index
        : null;
}
