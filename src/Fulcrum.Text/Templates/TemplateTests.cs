using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>The tests of Jinja (<c>is ...</c>).</summary>
internal static class TemplateTests
{
    /// <summary>The names of all tests.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>(StringComparer.Ordinal)
    {
        "defined",
        "undefined",
        "none",
        "string",
        "mapping",
        "sequence",
        "iterable",
        "number",
        "integer",
        "float",
        "boolean",
        "true",
        "false",
        "callable",
        "odd",
        "even",
        "divisibleby",
        "lower",
        "upper",
        "equalto",
        "eq",
        "sameas",
        "ne",
        "gt",
        "greaterthan",
        "ge",
        "lt",
        "lessthan",
        "le",
        "in",
        "filter",
        "test",
    };

    /// <summary>Returns whether a test holds.</summary>
    /// <exception cref="InputException">There is no such test, or the value has the wrong type for it.</exception>
    public static bool Holds(string name, object? value, IReadOnlyList<object?> args, int line)
    {
        object? Other() =>
            args.Count == 1
                ? args[0]
                : throw TemplateText.Error(line, $"the test '{name}' takes one argument, not {args.Count}");
        return name switch
        {
            "defined" => value is not TemplateUndefined,
            "undefined" => value is TemplateUndefined,
            "none" => value is null,
            "string" => value is string,
            "mapping" => value is TemplateMap,
            "sequence" => value is string or TemplateMap or TemplateUndefined
                || value is List<object?> list && (list as TemplateSequence)?.IsIndexed != false,
            "iterable" => value is string or List<object?> or TemplateMap or TemplateUndefined or TemplateGenerator,
            "number" => IsNumber(value),
            "integer" => IsWhole(value),
            "float" => value is double,
            "boolean" => value is bool,
            "true" => value is true,
            "false" => value is false,
            "callable" => value is TemplateFunction or TemplateLoop or TemplateUndefined,
            "odd" => AreEqual(TemplateOperators.Binary("%", value, 2L, line), 1L),
            "even" => AreEqual(TemplateOperators.Binary("%", value, 2L, line), 0L),
            "divisibleby" => AreEqual(TemplateOperators.Binary("%", value, Other(), line), 0L),
            "lower" => TemplateText.IsCased(Text(value), upper: false),
            "upper" => TemplateText.IsCased(Text(value), upper: true),
            "filter" => value is string filter && TemplateFilters.Names.Contains(filter),
            "test" => value is string test && Names.Contains(test),
            "sameas" => IsSame(value, Other()),
            "in" => TemplateFilters.Contains(Other(), value, line),
            _ => TemplateOperators.Compare(Operator(name, line), value, Other(), line),
        };
    }

    private static string Operator(string name, int line) =>
        name switch
        {
            "equalto" or "eq" or "==" => "==",
            "ne" or "!=" => "!=",
            "gt" or "greaterthan" or ">" => ">",
            "ge" or ">=" => ">=",
            "lt" or "lessthan" or "<" => "<",
            "le" or "<=" => "<=",
            _ => throw TemplateText.Error(line, $"the test '{name}' is not supported"),
        };

    // Python's "is" compares identity, which values have not here. Equal texts and equal small numbers count as
    // identical.
    private static bool IsSame(object? a, object? b) =>
        a is List<object?> or TemplateMap or TemplateNamespace
            ? ReferenceEquals(a, b)
            : TypeName(a) == TypeName(b) && AreEqual(a, b);
}
