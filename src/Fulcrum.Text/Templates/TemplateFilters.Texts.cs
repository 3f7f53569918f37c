using System.Text.RegularExpressions;
using Fulcrum.Patterns;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Filters of texts.</content>
internal static partial class TemplateFilters
{
    private const int WidestIndent = 256,
        LongestJsonPart = 64; // of an indent or a separator of tojson

    private static string Trim(object? value, FilterCall call)
    {
        string text = Text(value);
        string? characters = call.Argument(0, "chars") is { } chars ? Text(chars) : null;
        return TemplateText.Strip(text, characters, start: true, end: true);
    }

    private static string Centred(object? value, FilterCall call) =>
        TemplateMethods.Padded(Text(value), call.Argument(0, "width", 80L), ' ', side: 0, call.Line);

    private static object WordCount(object? value, FilterCall call) => (long)WordCharacters().Count(Text(value));

    private static string Replaced(object? value, FilterCall call) =>
        TemplateMethods.Replace(
            Text(value),
            call.TextArgument(0, "old"),
            call.TextArgument(1, "new"),
            call.Argument(2, "count") is { } most ? Whole(most) : -1,
            call.Line
        );

    // The only filter that lm-evaluation-harness adds to Jinja.
    private static string RegexReplaced(object? value, FilterCall call)
    {
        PythonPattern pattern = new(call.TextArgument(0, "pattern"));
        string text = Text(value);
        string replacement = call.TextArgument(1, "repl");
        int most = (int)Math.Clamp(call.WholeArgument(2, "count", 0L), 0, int.MaxValue);
        return pattern.Replace(text, replacement, most);
    }

    private static string Formatted(object? value, FilterCall call)
    {
        object? arguments = call.Named.Count > 0 ? Map(call.Named) : TemplateSequence.Of(call.Positional);
        return TemplateFormat.Percent(Text(value), arguments, call.Line);
    }

    // A mapping or a list of pairs becomes a query string.
    private static string UrlEncoded(object? value, FilterCall call)
    {
        if (value is not (TemplateMap or List<object?>))
        {
            return TemplateText.UrlQuote(Text(value), safe: "/");
        }

        IEnumerable<object?> pairs = value is TemplateMap map ? Pairs(map) : Items(value, call.Line);
        return string.Join('&', pairs.Select(Parameter));

        string Parameter(object? pair) =>
            Items(pair, call.Line) is [var key, var item]
                ? $"{Quoted(key)}={Quoted(item)}"
                : throw call.Error("urlencode needs a text, a mapping or pairs");

        static string Quoted(object? part) =>
            TemplateText.UrlQuote(Text(part), safe: "").Replace("%20", "+", StringComparison.Ordinal);
    }

    private static string Indented(object? value, FilterCall call)
    {
        string text =
            call.Defined(value) as string
            ?? throw call.Error($"unsupported operand type(s) for +=: '{TypeName(value)}' and 'str'");
        object? width = call.Argument(0, "width", 4L);
        string indent = width as string ?? new string(' ', (int)Math.Clamp(Whole(width), 0, WidestIndent));
        bool firstToo = call.Flag(1, "first"),
            blankToo = call.Flag(2, "blank");

        List<string> lines = TemplateMethods.Lines(text + "\n");
        TemplateSize.Check(lines.Count, indent.Length, call.Line);
        IEnumerable<string> later = lines.Skip(1).Select(l => l.Length > 0 || blankToo ? indent + l : l);
        return (firstToo ? indent : "") + string.Join('\n', lines.Take(1).Concat(later));
    }

    private static object? Truncated(object? value, FilterCall call)
    {
        if (value is string text)
        {
            return Truncated(text, call);
        }

        bool fits =
            Length(value, call.Line) <= call.WholeArgument(0, "length", 255L) + call.WholeArgument(3, "leeway", 5L);
        return fits ? value : throw call.Error("truncate of a value that is no text is not supported");
    }

    private static string Truncated(string text, FilterCall call)
    {
        int length = (int)call.WholeArgument(0, "length", 255L),
            leeway = (int)call.WholeArgument(3, "leeway", 5L);
        string end = call.TextArgument(2, "end", "...");
        if (TemplateText.Length(text) <= length + leeway)
        {
            return text;
        }

        int kept = Math.Max(0, length - TemplateText.Length(end));
        string start = string.Concat(TemplateText.CodePoints(text).Take(kept));
        int lastSpace = call.Flag(1, "killwords") ? -1 : start.LastIndexOf(' ');
        return (lastSpace < 0 ? start : start[..lastSpace]) + end;
    }

    private static string ToJson(object? value, FilterCall call) => Json(value, StyleOf(call), call.Line);

    // These are the arguments of the tojson of transformers, not of Jinja's. It does not escape characters beyond
    // ASCII.
    private static JsonStyle StyleOf(FilterCall call)
    {
        string? indent = call.Argument(1, "indent") switch
        {
            null => null,
            string text => JsonPart(text, call),
            var width => new string(' ', (int)Math.Clamp(Whole(width), 0, LongestJsonPart)),
        };
        string comma = indent is null ? ", " : ",",
            colon = ": ";
        if (call.Argument(2, "separators") is List<object?> { Count: 2 } separators)
        {
            comma = JsonPart(Text(separators[0]), call);
            colon = JsonPart(Text(separators[1]), call);
        }

        return new JsonStyle(indent, comma, colon, call.Flag(0, "ensure_ascii"), call.Flag(3, "sort_keys"));
    }

    private static string JsonPart(string text, FilterCall call) =>
        text.Length <= LongestJsonPart
            ? text
            : throw call.Error($"an indent or a separator of more than {LongestJsonPart} characters");

    [GeneratedRegex(@"\w+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex WordCharacters();
}
