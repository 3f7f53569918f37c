namespace Fulcrum.Templates;

/// <summary>An expression of a template.</summary>
internal abstract record TemplateExpression(int Line)
{
    public sealed record Constant(object? Value, int Line) : TemplateExpression(Line);

    public sealed record Name(string Text, int Line) : TemplateExpression(Line);

    public sealed record Sequence(IReadOnlyList<TemplateExpression> Items, bool IsTuple, int Line)
        : TemplateExpression(Line);

    public sealed record Mapping(IReadOnlyList<(TemplateExpression Key, TemplateExpression Value)> Items, int Line)
        : TemplateExpression(Line);

    public sealed record Attribute(TemplateExpression Target, string Text, int Line) : TemplateExpression(Line);

    public sealed record Subscript(TemplateExpression Target, TemplateExpression Index, int Line)
        : TemplateExpression(Line);

    public sealed record Slice(
        TemplateExpression Target,
        TemplateExpression? Start,
        TemplateExpression? Stop,
        TemplateExpression? Step,
        int Line
    ) : TemplateExpression(Line);

    public sealed record Call(TemplateExpression Target, TemplateArguments Arguments, int Line)
        : TemplateExpression(Line);

    public sealed record Filter(TemplateExpression Target, string Text, TemplateArguments Arguments, int Line)
        : TemplateExpression(Line);

    public sealed record Test(
        TemplateExpression Target,
        string Text,
        TemplateArguments Arguments,
        bool Negated,
        int Line
    ) : TemplateExpression(Line);

    public sealed record Unary(string Operator, TemplateExpression Operand, int Line) : TemplateExpression(Line);

    public sealed record Binary(string Operator, TemplateExpression Left, TemplateExpression Right, int Line)
        : TemplateExpression(Line);

    public sealed record Comparison(
        TemplateExpression First,
        IReadOnlyList<(string Operator, TemplateExpression Operand)> Rest,
        int Line
    ) : TemplateExpression(Line);

    public sealed record Conditional(
        TemplateExpression Condition,
        TemplateExpression Then,
        TemplateExpression? Else,
        int Line
    ) : TemplateExpression(Line);
}

/// <summary>Arguments as written.</summary>
/// <param name="Positional">Arguments by position.</param>
/// <param name="Named">Arguments by name.</param>
/// <param name="Rest">A list that gives additional positional arguments (<c>*list</c>); null for none.</param>
/// <param name="NamedRest">A mapping that gives additional named arguments (<c>**mapping</c>); null for none.</param>
internal sealed record TemplateArguments(
    IReadOnlyList<TemplateExpression> Positional,
    IReadOnlyList<(string Name, TemplateExpression Value)> Named,
    TemplateExpression? Rest = null,
    TemplateExpression? NamedRest = null
)
{
    public static readonly TemplateArguments None = new([], []);
}

/// <summary>The target of an assignment or a loop.</summary>
/// <param name="Name">A name; null if the value is unpacked.</param>
/// <param name="Parts">The targets that a value is unpacked into; null for a name.</param>
internal sealed record TemplateTarget(string? Name, IReadOnlyList<TemplateTarget>? Parts = null);

/// <summary>A statement of a template.</summary>
internal abstract record TemplateStatement(int Line)
{
    public sealed record Data(string Text, int Line) : TemplateStatement(Line);

    public sealed record Output(TemplateExpression Value, int Line) : TemplateStatement(Line);

    public sealed record If(
        IReadOnlyList<(TemplateExpression? Condition, IReadOnlyList<TemplateStatement> Body)> Branches,
        int Line
    ) : TemplateStatement(Line);

    public sealed record For(
        IReadOnlyList<TemplateTarget> Targets,
        TemplateExpression Items,
        TemplateExpression? Condition,
        IReadOnlyList<TemplateStatement> Body,
        IReadOnlyList<TemplateStatement> Else,
        bool Recursive,
        int Line
    ) : TemplateStatement(Line);

    /// <summary>An assignment to names, or to an attribute of a namespace when <paramref name="Attribute"/> is
    /// given.</summary>
    public sealed record Set(
        IReadOnlyList<TemplateTarget> Targets,
        string? Attribute,
        TemplateExpression Value,
        int Line
    ) : TemplateStatement(Line);

    public sealed record SetBlock(
        string Target,
        string? Attribute,
        IReadOnlyList<TemplateStatement> Body,
        IReadOnlyList<TemplateExpression.Filter> Filters,
        int Line
    ) : TemplateStatement(Line);

    /// <param name="Free">The names <c>varargs</c> and <c>kwargs</c>, if the macro's body reads them. The macro then
    /// takes additional arguments.</param>
    public sealed record Macro(
        string? Name,
        IReadOnlyList<(string Name, TemplateExpression? Default)> Parameters,
        IReadOnlyList<TemplateStatement> Body,
        IReadOnlySet<string> Free,
        int Line
    ) : TemplateStatement(Line)
    {
        public bool Takes(string name) => Free.Contains(name);
    }

    /// <summary>A call of a macro with a body, which the macro gets by <c>caller()</c>.</summary>
    public sealed record CallBlock(TemplateExpression.Call Call, Macro Caller, int Line) : TemplateStatement(Line);

    public sealed record FilterBlock(
        IReadOnlyList<TemplateStatement> Body,
        IReadOnlyList<TemplateExpression.Filter> Filters,
        int Line
    ) : TemplateStatement(Line);

    public sealed record With(
        IReadOnlyList<(string Name, TemplateExpression Value)> Values,
        IReadOnlyList<TemplateStatement> Body,
        int Line
    ) : TemplateStatement(Line);

    public sealed record Group(IReadOnlyList<TemplateStatement> Body, int Line) : TemplateStatement(Line);

    public sealed record Break(int Line) : TemplateStatement(Line);

    public sealed record Continue(int Line) : TemplateStatement(Line);
}
