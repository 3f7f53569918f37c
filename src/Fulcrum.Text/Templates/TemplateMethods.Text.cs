using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Methods of texts.</content>
internal static partial class TemplateMethods
{
    private static TemplateFunction? OfText(string text, string name) =>
        name switch
        {
            "strip" => (args, _, _) => TemplateText.Strip(text, First(args), true, true),
            "lstrip" => (args, _, _) => TemplateText.Strip(text, First(args), true, false),
            "rstrip" => (args, _, _) => TemplateText.Strip(text, First(args), false, true),
            "upper" => (_, _, _) => TemplateText.Upper(text),
            "lower" => (_, _, _) => TemplateText.Lower(text),
            "casefold" => (_, _, _) => TemplateText.Lower(text.Replace("ß", "ss", StringComparison.Ordinal)),
            "title" => (_, _, _) => TemplateText.Title(text),
            "capitalize" => (_, _, _) => TemplateText.Capitalize(text),
            "swapcase" => (_, _, _) => string.Concat(text.Select(SwappedCase)),
            "startswith" => (args, _, line) =>
                Any(args, line, (part, s) => s.StartsWith(part, StringComparison.Ordinal), text),
            "endswith" => (args, _, line) =>
                Any(args, line, (part, s) => s.EndsWith(part, StringComparison.Ordinal), text),
            "replace" => (args, named, line) =>
                Replace(
                    text,
                    Str(args[0], line),
                    Str(args[1], line),
                    Whole(Argument(args, named, 2, "count", -1L)),
                    line
                ),
            "find" or "rfind" or "index" or "rindex" => (args, _, line) => Found(text, Str(args[0], line), name, line),
            "count" => (args, _, line) => Count(text, Str(args[0], line), line),
            "isdigit" or "isdecimal" or "isnumeric" => (_, _, _) =>
                text.Length > 0 && text.All(name == "isnumeric" ? char.IsNumber : char.IsDigit),
            "isalpha" => (_, _, _) => text.Length > 0 && text.All(char.IsLetter),
            "isalnum" => (_, _, _) => text.Length > 0 && text.All(c => char.IsLetter(c) || char.IsNumber(c)),
            "isspace" => (_, _, _) => text.Length > 0 && text.All(TemplateText.IsSpace),
            "isupper" => (_, _, _) => TemplateText.IsCased(text, upper: true),
            "islower" => (_, _, _) => TemplateText.IsCased(text, upper: false),
            "isascii" => (_, _, _) => text.All(char.IsAscii),
            "join" => (args, _, line) => TemplateFilters.Joined(text, line, Texts(args[0], line)),
            "split" or "rsplit" => (args, named, line) =>
                Split(
                    text,
                    Argument(args, named, 0, "sep", null),
                    Whole(Argument(args, named, 1, "maxsplit", -1L)),
                    name == "rsplit",
                    line
                ),
            "splitlines" => (args, named, _) =>
                Lines(text, IsTrue(Argument(args, named, 0, "keepends", false))).Select(l => (object?)l).ToList(),
            "partition" or "rpartition" => (args, _, line) =>
                Partition(text, Str(args[0], line), name == "rpartition", line),
            "removeprefix" => (args, _, line) =>
                Str(args[0], line) is var prefix && text.StartsWith(prefix, StringComparison.Ordinal)
                    ? text[prefix.Length..]
                    : text,
            "removesuffix" => (args, _, line) =>
                Str(args[0], line) is var suffix && text.EndsWith(suffix, StringComparison.Ordinal)
                    ? text[..^suffix.Length]
                    : text,
            "ljust" => (args, _, line) => Padded(text, args[0], Fill(args, line), -1, line),
            "rjust" => (args, _, line) => Padded(text, args[0], Fill(args, line), 1, line),
            "center" => (args, _, line) => Padded(text, args[0], Fill(args, line), 0, line),
            "zfill" => (args, _, line) => ZeroFilled(text, args[0], line),
            "format" => (args, named, line) => TemplateFormat.Braces(text, args, named, line),
            _ => null,
        };

    private static string SwappedCase(char c) =>
        char.IsUpper(c) ? TemplateText.Lower(c.ToString()) : TemplateText.Upper(c.ToString());

    // The fill character of ljust, rjust and center.
    private static char Fill(IReadOnlyList<object?> args, int line) => args.Count > 1 ? Str(args[1], line)[0] : ' ';

    // The zeros come after a sign.
    private static string ZeroFilled(string text, object? width, int line) =>
        text is ['+' or '-', ..]
            ? text[0] + Padded(text[1..], Whole(width) - 1, '0', 1, line)
            : Padded(text, width, '0', 1, line);

    private static IEnumerable<string> Texts(object? items, int line) =>
        TemplateFilters
            .Items(items, line)
            .Select(
                (item, at) =>
                    item as string
                    ?? throw TemplateText.Error(
                        line,
                        $"sequence item {at}: expected str instance, {TypeName(item)} found"
                    )
            );

    // Python's startswith and endswith: of one text or any of a tuple, in the whole text or in a slice of it.
    private static bool Any(IReadOnlyList<object?> args, int line, Func<string, string, bool> holds, string text)
    {
        string part = args.Count > 1 ? Slice(text, args) : text;
        return args[0] is TemplateSequence { Kind: TemplateSequence.Tuple } several
            ? several.Exists(s => holds(Str(s, line), part))
            : holds(Str(args[0], line), part);
    }

    // Returns the characters from the second argument up to the third.
    private static string Slice(string text, IReadOnlyList<object?> args)
    {
        List<string> characters = TemplateText.CodePoints(text);
        int start = Bound(1, 0),
            end = Bound(2, characters.Count);
        return string.Concat(characters.Skip(start).Take(Math.Max(0, end - start)));

        int Bound(int place, int missing)
        {
            if (args.Count <= place || args[place] is null)
            {
                return missing;
            }

            long bound = Whole(args[place]);
            return (int)Math.Clamp(bound < 0 ? bound + characters.Count : bound, 0, characters.Count);
        }
    }

    /// <summary>Returns whether a text contains a part.</summary>
    /// <exception cref="InputException">The search may take too long.</exception>
    public static bool IsIn(string text, string part, int line)
    {
        TemplateSize.CheckSearch(text, part, line);
        return text.Contains(part, StringComparison.Ordinal);
    }

    private static long Count(string text, string part, int line)
    {
        TemplateSize.CheckSearch(text, part, line);
        return part.Length > 0 ? text.Split(part).Length - 1L : TemplateText.Length(text) + 1L;
    }

    // Python's find, rfind, index and rindex: the number of characters before a part.
    private static object Found(string text, string part, string name, int line)
    {
        TemplateSize.CheckSearch(text, part, line);
        int at = name.StartsWith('r')
            ? text.LastIndexOf(part, StringComparison.Ordinal)
            : text.IndexOf(part, StringComparison.Ordinal);
        if (at >= 0)
        {
            return (long)TemplateText.Length(text[..at]);
        }

        return name.EndsWith("index", StringComparison.Ordinal)
            ? throw TemplateText.Error(line, "substring not found")
            : -1L;
    }

    private static TemplateSequence Partition(string text, string separator, bool last, int line)
    {
        TemplateSize.CheckSearch(text, separator, line);
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
            string by = Str(separator, line);
            TemplateSize.CheckSearch(text, by, line);
            return by.Length > 0
                ? [.. SplitBy(by, text, most, fromEnd)]
                : throw TemplateText.Error(line, "empty separator");
        }

        // White space is split from the end by splitting the mirrored text.
        return fromEnd ? [.. Enumerable.Reverse(Words(Mirrored(text), most)).Select(Mirrored)] : [.. Words(text, most)];
    }

    // Splits up to a number of times; the parts that are not split stay joined at the other end.
    private static IEnumerable<string> SplitBy(string separator, string text, long most, bool fromEnd)
    {
        string[] parts = text.Split(separator);
        int surplus = most < 0 ? 0 : (int)Math.Max(0, parts.Length - 1 - most);
        if (surplus == 0)
        {
            return parts;
        }

        return fromEnd
            ? [string.Join(separator, parts[..(surplus + 1)]), .. parts[(surplus + 1)..]]
            : [.. parts[..^(surplus + 1)], string.Join(separator, parts[^(surplus + 1)..])];
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
