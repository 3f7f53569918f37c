using static Fulcrum.Prompts.TemplateValues;

namespace Fulcrum.Prompts;

/// <summary>The methods of texts and mappings that templates call.</summary>
internal static class TemplateMethods
{
    /// <summary>A method; null when the value has none of that name.</summary>
    public static TemplateFunction? Find(object? target, string name) => target switch
    {
        string text => OfText(text, name),
        TemplateMap map => OfMap(map, name),
        List<object?> list when name is "index" or "count" => (p, _, _) => name == "count" ? (long)list.Count(i => AreEqual(i, p[0])) : (long)list.FindIndex(i => AreEqual(i, p[0])),
        _ => null,
    };

    private static TemplateFunction? OfText(string text, string name) => name switch
    {
        "strip" => (p, _, _) => TemplateText.Strip(text, First(p), true, true),
        "lstrip" => (p, _, _) => TemplateText.Strip(text, First(p), true, false),
        "rstrip" => (p, _, _) => TemplateText.Strip(text, First(p), false, true),
        "upper" => (_, _, _) => TemplateText.Upper(text),
        "lower" => (_, _, _) => text.ToLowerInvariant(),
        "title" => (_, _, _) => TemplateText.Title(text),
        "capitalize" => (_, _, _) => TemplateText.Capitalize(text),
        "startswith" => (p, _, _) => Any(p, part => text.StartsWith(part, StringComparison.Ordinal)),
        "endswith" => (p, _, _) => Any(p, part => text.EndsWith(part, StringComparison.Ordinal)),
        "replace" => (p, _, line) => Replace(text, Text(p[0]), Text(p[1]), p.Count > 2 ? Whole(p[2]) : -1, line),
        "find" => (p, _, _) => (long)text.IndexOf(Text(p[0]), StringComparison.Ordinal),
        "count" => (p, _, _) => (long)(text.Split(Text(p[0])).Length - 1),
        "isdigit" => (_, _, _) => text.Length > 0 && text.All(char.IsDigit),
        "join" => (p, _, line) => string.Join(text, TemplateFilters.Items(p[0], line).Select(Text)),
        "split" => (p, n, _) => Split(text, p.Count > 0 ? p[0] : n.GetValueOrDefault("sep"), p.Count > 1 ? Whole(p[1]) : n.TryGetValue("maxsplit", out object? m) ? Whole(m) : -1, fromEnd: false),
        "rsplit" => (p, n, _) => Split(text, p.Count > 0 ? p[0] : n.GetValueOrDefault("sep"), p.Count > 1 ? Whole(p[1]) : n.TryGetValue("maxsplit", out object? m) ? Whole(m) : -1, fromEnd: true),
        "splitlines" => (_, _, _) => text.Length == 0 ? new List<object?>() : [.. text.TrimEnd('\n').Split('\n')],
        "removeprefix" => (p, _, _) => text.StartsWith(Text(p[0]), StringComparison.Ordinal) ? text[Text(p[0]).Length..] : text,
        "removesuffix" => (p, _, _) => text.EndsWith(Text(p[0]), StringComparison.Ordinal) ? text[..^Text(p[0]).Length] : text,
        _ => null,
    };

    private static TemplateFunction? OfMap(TemplateMap map, string name) => name switch
    {
        "items" => (_, _, line) => TemplateFilters.Pairs(map, line),
        "keys" => (_, _, _) => map.Keys.Select(k => (object?)k).ToList(),
        "values" => (_, _, _) => map.Values.ToList(),
        "get" => (p, _, _) => p[0] is string key && map.TryGetValue(key, out object? value) ? value : p.Count > 1 ? p[1] : null,
        _ => null,
    };

    private static string? First(IReadOnlyList<object?> positional) => positional.Count > 0 ? positional[0] as string : null;

    private static bool Any(IReadOnlyList<object?> positional, Func<string, bool> holds) =>
        positional[0] is List<object?> several ? several.Exists(s => holds(Text(s))) : holds(Text(positional[0]));

    private static string Replace(string text, string old, string with, long most, int line)
    {
        if (old.Length == 0)
        {
            throw TemplateText.Error(line, "replace of an empty text is not supported");
        }

        return most < 0 ? text.Replace(old, with, StringComparison.Ordinal) : string.Join(with, text.Split(old, (int)Math.Min(most + 1, int.MaxValue)));
    }

    private static List<object?> Split(string text, object? separator, long most, bool fromEnd)
    {
        List<string> parts = [.. separator is string s
            ? text.Split(s)
            : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
        string glue = separator as string ?? " ";
        while (most >= 0 && parts.Count > most + 1)
        {
            int at = fromEnd ? 0 : parts.Count - 2;
            parts[at] = parts[at] + glue + parts[at + 1];
            parts.RemoveAt(at + 1);
        }

        return [.. parts];
    }
}
