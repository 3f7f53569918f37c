using System.Globalization;
using System.Numerics;
using Fulcrum.Patterns;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Filters of numbers and texts.</content>
internal static partial class TemplateFilters
{
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

    // The tojson of transformers, not Jinja's: characters beyond ASCII are not escaped, and the arguments have this
    // order.
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
