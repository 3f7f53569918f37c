using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace Fulcrum.Templates;

/// <summary>The value of an undefined name: prints as nothing, is false, and is an error in any other use.</summary>
/// <param name="Complaint">Jinja's error message.</param>
internal sealed record TemplateUndefined(string Complaint)
{
    /// <summary>Whether undefined names that are created on this thread are errors in every use except a test, as with
    /// Jinja's <c>StrictUndefined</c>.</summary>
    [ThreadStatic]
    private static bool strictly;

    private readonly bool strict = strictly;

    /// <summary>Runs a template in which every use of an undefined name, except a test, is an error.</summary>
    public static T Strictly<T>(Func<T> run)
    {
        strictly = true;
        try
        {
            return run();
        }
        finally
        {
            strictly = false;
        }
    }

    /// <summary>Returns the value of an inline if without else: empty, in strict templates too.</summary>
    public TemplateUndefined Lenient() => new(this, lenient: true);

    /// <summary>Returns the value that replaces the undefined one, such as an empty list for a loop.</summary>
    /// <exception cref="InputException">The template is strict.</exception>
    public T As<T>(T nothing) => strict ? throw new InputException(Complaint) : nothing;

    private TemplateUndefined(TemplateUndefined other, bool lenient)
        : this(other.Complaint) => strict = !lenient;

    /// <summary>Returns the value of a name that is not defined.</summary>
    public static TemplateUndefined Name(string name) => new($"{TemplateText.Quote(name)} is undefined");

    /// <summary>Returns the value of an attribute that its owner does not have.</summary>
    public static TemplateUndefined Attribute(object? owner, string name) =>
        new($"{TemplateText.Quote(TemplateValues.ObjectName(owner))} has no attribute {TemplateText.Quote(name)}");

    /// <summary>Returns the value of an element that its owner does not have.</summary>
    public static TemplateUndefined Element(object? owner, object? index) =>
        index is string name
            ? Attribute(owner, name)
            : new($"{TemplateValues.ObjectName(owner)} has no element {TemplateValues.Repr(index)}");
}

/// <summary>The result of <c>namespace()</c>: the only value whose attributes can be set.</summary>
internal sealed class TemplateNamespace
{
    /// <summary>The attributes by name.</summary>
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>A mapping that keeps its order, as Python's dict does.</summary>
internal sealed class TemplateMap : OrderedDictionary<string, object?>;

/// <summary>A sequence that is not Python's list: a tuple, a range, or a view of a mapping.</summary>
/// <param name="kind">Python's name of its type.</param>
internal sealed class TemplateSequence(string kind, IEnumerable<object?> items) : List<object?>(items)
{
    public const string Tuple = "tuple",
        Range = "range";

    /// <summary>Python's name of its type.</summary>
    public string Kind => kind;

    /// <summary>Whether elements can be read by index.</summary>
    public bool IsIndexed => kind is Tuple or Range;

    /// <summary>Returns a tuple.</summary>
    public static TemplateSequence Of(params IEnumerable<object?> items) => new(Tuple, items);
}

/// <summary>The result of some filters: it can be iterated once, and has neither length nor indices.</summary>
internal sealed class TemplateGenerator(IEnumerable<object?> items)
{
    private List<object?>? left = [.. items];

    /// <summary>The remaining items. Reading this does not consume them.</summary>
    public IReadOnlyList<object?> Left => left ?? [];

    /// <summary>Returns the items the first time, then none.</summary>
    public List<object?> Take()
    {
        List<object?> taken = left ?? [];
        left = null;
        return taken;
    }

    /// <summary>Consumes the next item; returns false if there is none.</summary>
    public bool TryNext(out object? item)
    {
        item = left is { Count: > 0 } ? left[0] : null;
        if (left is not { Count: > 0 })
        {
            return false;
        }

        left.RemoveAt(0);
        return true;
    }
}

/// <summary>A callable value, with arguments by position and by name.</summary>
internal delegate object? TemplateFunction(
    IReadOnlyList<object?> positional,
    IReadOnlyDictionary<string, object?> named,
    int line
);
