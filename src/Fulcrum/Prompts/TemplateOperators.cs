using static Fulcrum.Prompts.TemplateValues;

namespace Fulcrum.Prompts;

/// <summary>Python's operators on template values.</summary>
internal static class TemplateOperators
{
    public static object? Unary(string name, object? value, int line) => name switch
    {
        "not" => !IsTrue(value),
        "-" when IsWhole(value) => -Whole(value),
        "-" when IsNumber(value) => -Number(value),
        "+" when IsNumber(value) => value,
        _ => throw TemplateText.Error(line, $"'{name}' does not fit {Repr(value)}"),
    };

    public static object? Binary(string name, object? a, object? b, int line)
    {
        bool whole = (IsWhole(a) || a is bool) && (IsWhole(b) || b is bool), numbers = IsNumber(a) && IsNumber(b);
        if (name is "/" or "//" or "%" && numbers && Number(b) == 0)
        {
            throw TemplateText.Error(line, "division by zero");
        }

        return name switch
        {
            "~" => Text(a) + Text(b),
            "+" when a is string x && b is string y => x + y,
            "+" when a is List<object?> x && b is List<object?> y => new List<object?>([.. x, .. y]),
            "+" when whole => Whole(a) + Whole(b),
            "+" when numbers => Number(a) + Number(b),
            "-" when whole => Whole(a) - Whole(b),
            "-" when numbers => Number(a) - Number(b),
            "*" when a is string text && IsWhole(b) => Repeated(text, Whole(b), line),
            "*" when b is string text && IsWhole(a) => Repeated(text, Whole(a), line),
            "*" when whole => Whole(a) * Whole(b),
            "*" when numbers => Number(a) * Number(b),
            "/" when numbers => Number(a) / Number(b),
            "//" when whole => (long)Math.Floor((decimal)Whole(a) / Whole(b)),
            "//" when numbers => Math.Floor(Number(a) / Number(b)),
            "%" when whole => ((Whole(a) % Whole(b)) + Whole(b)) % Whole(b),
            "%" when numbers => Number(a) - Number(b) * Math.Floor(Number(a) / Number(b)),
            "**" when whole && Whole(b) >= 0 => (long)Math.Pow(Whole(a), Whole(b)),
            "**" when numbers => Math.Pow(Number(a), Number(b)),
            _ => throw TemplateText.Error(line, $"'{name}' does not fit {Repr(a)} and {Repr(b)}"),
        };
    }

    public static bool Compare(string name, object? a, object? b, int line) => name switch
    {
        "==" => AreEqual(a, b),
        "!=" => !AreEqual(a, b),
        "in" => TemplateFilters.Contains(b, a, line),
        "not in" => !TemplateFilters.Contains(b, a, line),
        _ => Ordered(name, a is string x && b is string y ? string.CompareOrdinal(x, y) : IsNumber(a) && IsNumber(b) ? Number(a).CompareTo(Number(b))
            : throw TemplateText.Error(line, $"'{name}' does not fit {Repr(a)} and {Repr(b)}")),
    };

    private static bool Ordered(string name, int order) => name switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };

    private static string Repeated(string text, long times, int line) =>
        times * text.Length > 1 << 20 ? throw TemplateText.Error(line, "a text is repeated too often") : string.Concat(Enumerable.Repeat(text, (int)Math.Max(0, times)));
}
