using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Methods of texts.</content>
internal static partial class TemplateMethods
{
    private static TemplateFunction? OfText(string text, string name) =>
        name switch
        {
            "strip" => (p, _, _) => TemplateText.Strip(text, First(p), true, true),
            "lstrip" => (p, _, _) => TemplateText.Strip(text, First(p), true, false),
            "rstrip" => (p, _, _) => TemplateText.Strip(text, First(p), false, true),
            "upper" => (_, _, _) => TemplateText.Upper(text),
            "lower" or "casefold" => (_, _, _) =>
                TemplateText.Lower(name == "casefold" ? text.Replace("ß", "ss", StringComparison.Ordinal) : text),
            "title" => (_, _, _) => TemplateText.Title(text),
            "capitalize" => (_, _, _) => TemplateText.Capitalize(text),
            "swapcase" => (_, _, _) =>
                string.Concat(
                    text.Select(c =>
                        char.IsUpper(c) ? TemplateText.Lower(c.ToString()) : TemplateText.Upper(c.ToString())
                    )
                ),
            "startswith" => (p, _, line) =>
                Any(p, line, (part, s) => s.StartsWith(part, StringComparison.Ordinal), text),
            "endswith" => (p, _, line) => Any(p, line, (part, s) => s.EndsWith(part, StringComparison.Ordinal), text),
            "replace" => (p, n, line) =>
                Replace(
                    text,
                    Str(p[0], line),
                    Str(p[1], line),
                    p.Count > 2 ? Whole(p[2])
                        : n.TryGetValue("count", out object? c) ? Whole(c)
                        : -1,
                    line
                ),
            "find" or "rfind" or "index" or "rindex" => (p, _, line) => Found(text, Str(p[0], line), name, line),
            "count" => (p, _, line) =>
                Str(p[0], line) is { Length: > 0 } part ? text.Split(part).Length - 1L : TemplateText.Length(text) + 1L,
            "isdigit" or "isdecimal" or "isnumeric" => (_, _, _) =>
                text.Length > 0 && text.All(name == "isnumeric" ? char.IsNumber : char.IsDigit),
            "isalpha" => (_, _, _) => text.Length > 0 && text.All(char.IsLetter),
            "isalnum" => (_, _, _) => text.Length > 0 && text.All(c => char.IsLetter(c) || char.IsNumber(c)),
            "isspace" => (_, _, _) => text.Length > 0 && text.All(TemplateText.IsSpace),
            "isupper" => (_, _, _) => TemplateText.IsCased(text, upper: true),
            "islower" => (_, _, _) => TemplateText.IsCased(text, upper: false),
            "isascii" => (_, _, _) => text.All(char.IsAscii),
            "join" => (p, _, line) =>
                TemplateFilters.Joined(
                    text,
                    line,
                    TemplateFilters
                        .Items(p[0], line)
                        .Select(
                            (i, at) =>
                                i as string
                                ?? throw TemplateText.Error(
                                    line,
                                    $"sequence item {at}: expected str instance, {TypeName(i)} found"
                                )
                        )
                ),
            "split" or "rsplit" => (p, n, line) =>
                Split(
                    text,
                    Argument(p, n, 0, "sep", null),
                    Whole(Argument(p, n, 1, "maxsplit", -1L)),
                    name == "rsplit",
                    line
                ),
            "splitlines" => (p, n, _) =>
                Lines(text, IsTrue(Argument(p, n, 0, "keepends", false))).Select(l => (object?)l).ToList(),
            "partition" or "rpartition" => (p, _, line) => Partition(text, Str(p[0], line), name == "rpartition", line),
            "removeprefix" => (p, _, line) =>
                text.StartsWith(Str(p[0], line), StringComparison.Ordinal) ? text[Str(p[0], line).Length..] : text,
            "removesuffix" => (p, _, line) =>
                text.EndsWith(Str(p[0], line), StringComparison.Ordinal) ? text[..^Str(p[0], line).Length] : text,
            "ljust" or "rjust" or "center" => (p, _, line) =>
                Padded(
                    text,
                    p[0],
                    p.Count > 1 ? Str(p[1], line)[0] : ' ',
                    name switch
                    {
                        "ljust" => -1,
                        "rjust" => 1,
                        _ => 0,
                    },
                    line
                ),
            "zfill" => (p, _, line) =>
                text.Length > 0 && text[0] is '+' or '-'
                    ? text[0] + Padded(text[1..], Whole(p[0]) - 1, '0', 1, line)
                    : Padded(text, p[0], '0', 1, line),
            "format" => (p, n, line) => TemplateFormat.Braces(text, p, n, line),
            _ => null,
        };

    private static bool Any(IReadOnlyList<object?> positional, int line, Func<string, string, bool> holds, string text)
    {
        List<string> points = positional.Count > 1 ? TemplateText.CodePoints(text) : [];
        int At(int place, int missing) =>
            positional.Count > place && positional[place] is { } v
                ? (int)Math.Clamp(Whole(v) < 0 ? Whole(v) + points.Count : Whole(v), 0, points.Count)
                : missing;
        int from = At(1, 0),
            to = At(2, points.Count);
        string part = positional.Count > 1 ? string.Concat(points.Skip(from).Take(Math.Max(0, to - from))) : text;
        return positional[0] is TemplateSequence { Kind: TemplateSequence.Tuple } several
            ? several.Exists(s => holds(Str(s, line), part))
            : holds(Str(positional[0], line), part);
    }

    private static object Found(string text, string part, string name, int line)
    {
        int at = name.StartsWith('r')
            ? text.LastIndexOf(part, StringComparison.Ordinal)
            : text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 && name.EndsWith("index", StringComparison.Ordinal)
                ? throw TemplateText.Error(line, "substring not found")
            : at < 0 ? -1L
            : TemplateText.Length(text[..at]) * 1L;
    }

    private static TemplateSequence Partition(string text, string separator, bool last, int line)
    {
        int at =
            separator.Length == 0 ? throw TemplateText.Error(line, "empty separator")
            : last ? text.LastIndexOf(separator, StringComparison.Ordinal)
            : text.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? TemplateSequence.Of(text[..at], separator, text[(at + separator.Length)..])
            : last ? TemplateSequence.Of("", "", text)
            : TemplateSequence.Of(text, "", "");
    }

    private static List<object?> Split(string text, object? separator, long most, bool fromEnd, int line)
    {
        if (separator is not null)
        {
            string by = Str(separator, line) is { Length: > 0 } s
                ? s
                : throw TemplateText.Error(line, "empty separator");
            List<string> parts = [.. text.Split(by)];
            int surplus = most < 0 ? 0 : (int)Math.Max(0, parts.Count - 1 - most);
            return surplus == 0 ? [.. parts]
                : fromEnd ? [string.Join(by, parts[..(surplus + 1)]), .. parts[(surplus + 1)..]]
                : [.. parts[..^(surplus + 1)], string.Join(by, parts[^(surplus + 1)..])];
        }

        return fromEnd
            ? Enumerable.Reverse(Words(Mirrored(text), most)).Select(w => (object?)Mirrored(w)).ToList()
            : [.. Words(text, most)];
    }

    private static string Mirrored(string text) => string.Concat(text.Reverse());

    // Splits at white space. After the maximum number of splits the rest is kept, without leading white space.
    private static List<string> Words(string text, long most)
    {
        List<string> words = [];
        for (int at = 0; ; )
        {
            while (at < text.Length && TemplateText.IsSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return words;
            }

            if (most >= 0 && words.Count == most)
            {
                words.Add(text[at..]);
                return words;
            }

            int end = at;
            while (end < text.Length && !TemplateText.IsSpace(text[end]))
            {
                end++;
            }

            words.Add(text[at..end]);
            at = end;
        }
    }
}
