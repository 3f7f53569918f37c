using System.Numerics;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>Python's operators on template values, with Python's error messages.</summary>
internal static class TemplateOperators
{
    private const int LongestText = 1 << 20,
        LargestPower = 1 << 14;

    /// <summary>Applies <c>-</c> or <c>+</c> to a number.</summary>
    /// <exception cref="InputException">The value is no number.</exception>
    public static object? Unary(string name, object? value, int line) =>
        (name, Defined(value, line)) switch
        {
            ("-", double real) => -real,
            ("-", _) when IsNumber(value) => Int(-Big(value)),
            ("+", double real) => real,
            ("+", _) when IsNumber(value) => Int(Big(value)),
            _ => throw TemplateText.Error(line, $"bad operand type for unary {name}: '{TypeName(value)}'"),
        };

    /// <summary>Applies an operator to two values.</summary>
    /// <exception cref="InputException">The operator does not support the values, or the result would be too
    /// large.</exception>
    public static object? Binary(string name, object? a, object? b, int line)
    {
        if (name == "~")
        {
            return Bounded(Text(a).Length + Text(b).Length, line) ? Text(a) + Text(b) : "";
        }

        Defined(a, line);
        Defined(b, line);
        if (IsNumber(a) && IsNumber(b))
        {
            return a is double || b is double
                ? Real(name, Number(a), Number(b), line)
                : Whole(name, Big(a), Big(b), line);
        }

        return OfSequences(name, a, b, line);
    }

    private static object? OfSequences(string name, object? a, object? b, int line) =>
        (name, a, b) switch
        {
            ("+", string x, string y) => Bounded(x.Length + y.Length, line) ? x + y : "",
            ("+", List<object?> x, List<object?> y) when Kind(x) == Kind(y) && IsSequence(x) => Bounded(
                x.Count + y.Count,
                line
            )
                ? Alike(x, [.. x, .. y])
                : x,
            ("*", string text, _) when IsCount(b) => Repeated(text, b, line),
            ("*", _, string text) when IsCount(a) => Repeated(text, a, line),
            ("*", List<object?> list, _) when IsCount(b) && IsSequence(list) => Repeated(list, b, line),
            ("*", _, List<object?> list) when IsCount(a) && IsSequence(list) => Repeated(list, a, line),
            ("*", string or List<object?>, _) => throw TemplateText.Error(
                line,
                $"can't multiply sequence by non-int of type '{TypeName(b)}'"
            ),
            ("*", _, string or List<object?>) => throw TemplateText.Error(
                line,
                $"can't multiply sequence by non-int of type '{TypeName(a)}'"
            ),
            ("%", string format, _) => TemplateFormat.Percent(format, b, line),
            ("+", string, _) => throw TemplateText.Error(
                line,
                $"can only concatenate str (not \"{TypeName(b)}\") to str"
            ),
            ("+", List<object?> list, _) => throw TemplateText.Error(
                line,
                $"can only concatenate {Kind(list)} (not \"{TypeName(b)}\") to {Kind(list)}"
            ),
            _ => throw TemplateText.Error(
                line,
                $"unsupported operand type(s) for {(name == "**" ? "** or pow()" : name)}: "
                    + $"'{TypeName(a)}' and '{TypeName(b)}'"
            ),
        };

    private static bool IsCount(object? value) => IsWhole(value) || value is bool;

    // Views of mappings and ranges can be neither joined nor repeated.
    private static bool IsSequence(List<object?> list) => Kind(list) is "list" or TemplateSequence.Tuple;

    /// <summary>Compares two values.</summary>
    /// <param name="name">One of <c>==</c>, <c>!=</c>, <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c>, <c>in</c>
    /// and <c>not in</c>.</param>
    /// <exception cref="InputException">The values have no order, or one of them cannot be searched.</exception>
    public static bool Compare(string name, object? a, object? b, int line)
    {
        if (name is "==" or "!=")
        {
            return AreEqual(a, b) == (name == "==");
        }

        if (name is "in" or "not in")
        {
            return TemplateFilters.Contains(b, a, line) == (name == "in");
        }

        Defined(a, line);
        Defined(b, line);
        if ((a is double x && double.IsNaN(x)) || (b is double y && double.IsNaN(y)))
        {
            return false;
        }

        int order =
            Order(a, b)
            ?? throw TemplateText.Error(
                line,
                $"'{name}' not supported between instances of '{TypeName(a)}' and '{TypeName(b)}'"
            );
        return name switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    /// <summary>Returns the value; throws if it is undefined.</summary>
    public static object? Defined(object? value, int line) =>
        value is TemplateUndefined undefined ? throw TemplateText.Error(line, undefined.Complaint) : value;

    /// <summary>The quotient rounded down.</summary>
    public static BigInteger Floor(BigInteger a, BigInteger b) =>
        BigInteger.DivRem(a, b, out BigInteger rest) - (rest.Sign != 0 && (rest.Sign < 0) != (b.Sign < 0) ? 1 : 0);

    private static object Whole(string name, BigInteger a, BigInteger b, int line) =>
        name switch
        {
            "+" => Int(a + b),
            "-" => Int(a - b),
            "*" => a.GetBitLength() + b.GetBitLength() < LargestPower
                ? Int(a * b)
                : throw TemplateText.Error(line, "a number grows without end"),
            "/" or "//" or "%" when b.IsZero => throw TemplateText.Error(
                line,
                name switch
                {
                    "/" => "division by zero",
                    "//" => "integer division or modulo by zero",
                    _ => "integer modulo by zero",
                }
            ),
            "/" => (double)a / (double)b,
            "//" => Int(Floor(a, b)),
            "%" => Int(a - Floor(a, b) * b),
            "**" when b.Sign >= 0 => a.GetBitLength() * (double)b < LargestPower || a.IsOne || a.IsZero
                ? Int(BigInteger.Pow(a, a.IsOne || a.IsZero ? (b.IsZero ? 0 : 1) : (int)b))
                : throw TemplateText.Error(line, "a number grows without end"),
            "**" => Math.Pow((double)a, (double)b),
            _ => throw TemplateText.Error(line, $"the operator '{name}' is not supported"),
        };

    private static double Real(string name, double a, double b, int line) =>
        name switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" or "//" or "%" when b == 0 => throw TemplateText.Error(
                line,
                name == "%" ? "float modulo"
                    : name == "//" ? "float floor division by zero"
                    : "float division by zero"
            ),
            "/" => a / b,
            "//" => Math.Floor((a - Modulo(a, b)) / b + 0.5),
            "%" => Modulo(a, b),
            "**" => double.IsInfinity(Math.Pow(a, b)) && double.IsFinite(a) && double.IsFinite(b)
                ? throw TemplateText.Error(line, "(34, 'Numerical result out of range')")
                : Math.Pow(a, b),
            _ => throw TemplateText.Error(line, $"the operator '{name}' is not supported"),
        };

    private static double Modulo(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b
            : rest == 0 ? Math.CopySign(0, b)
            : rest;
    }

    private static string Repeated(string text, object? times, int line)
    {
        BigInteger count = BigInteger.Max(0, Big(times));
        return count * text.Length > LongestText
            ? throw TemplateText.Error(line, "a text is repeated too often")
            : string.Concat(Enumerable.Repeat(text, (int)(text.Length == 0 ? 0 : count)));
    }

    private static List<object?> Repeated(List<object?> list, object? times, int line)
    {
        BigInteger count = BigInteger.Max(0, Big(times));
        return count * list.Count > LongestText
            ? throw TemplateText.Error(line, "a list is repeated too often")
            : Alike(list, [.. Enumerable.Repeat(list, (int)(list.Count == 0 ? 0 : count)).SelectMany(l => l)]);
    }

    private static List<object?> Alike(List<object?> model, List<object?> items) =>
        model is TemplateSequence sequence ? new TemplateSequence(sequence.Kind, items) : items;

    private static bool Bounded(long size, int line) =>
        size <= 1 << 26 ? true : throw TemplateText.Error(line, "a text grows without end");
}
