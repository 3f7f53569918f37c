using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Computes expressions.</content>
internal sealed partial class TemplateEvaluator
{
    private object? Value(TemplateExpression expression)
    {
        Step(expression.Line);
        object? value = Computed(expression);
        return
            expression
                is TemplateExpression.Name
                    or TemplateExpression.Constant
                    or TemplateExpression.Attribute
                    or TemplateExpression.Subscript
            ? value
            : TemplateSize.Checked(value, expression.Line);
    }

    private object? Computed(TemplateExpression expression)
    {
        return expression switch
        {
            TemplateExpression.Constant constant => constant.Value,
            TemplateExpression.Name name => Lookup(name.Text),
            TemplateExpression.Sequence { IsTuple: true } tuple => TemplateSequence.Of(tuple.Items.Select(Value)),
            TemplateExpression.Sequence sequence => sequence.Items.Select(Value).ToList(),
            TemplateExpression.Mapping mapping => Map(
                mapping.Items.Select(i => KeyValuePair.Create(Key(i.Key), Value(i.Value)))
            ),
            TemplateExpression.Attribute attribute => Member(Value(attribute.Target), attribute.Text, attribute.Line),
            TemplateExpression.Subscript subscript => TemplateMethods.At(
                TemplateOperators.Defined(Value(subscript.Target), subscript.Line),
                Value(subscript.Index)
            ),
            TemplateExpression.Slice slice => Sliced(slice),
            TemplateExpression.Call call => Called(call, null),
            TemplateExpression.Filter filter => Filtered(filter, Value(filter.Target)),
            TemplateExpression.Test test => Tested(test),
            TemplateExpression.Unary { Operator: "not" } not => !IsTrue(Value(not.Operand)),
            TemplateExpression.Unary unary => TemplateOperators.Unary(unary.Operator, Value(unary.Operand), unary.Line),
            TemplateExpression.Binary { Operator: "and" } both => Value(both.Left) is var left && IsTrue(left)
                ? Value(both.Right)
                : left,
            TemplateExpression.Binary { Operator: "or" } either => Value(either.Left) is var first && IsTrue(first)
                ? first
                : Value(either.Right),
            TemplateExpression.Binary binary => TemplateOperators.Binary(
                binary.Operator,
                Value(binary.Left),
                Value(binary.Right),
                binary.Line
            ),
            TemplateExpression.Comparison comparison => Compared(comparison),
            TemplateExpression.Conditional conditional => IsTrue(Value(conditional.Condition)) ? Value(conditional.Then)
            : conditional.Else is { } otherwise ? Value(otherwise)
            : new TemplateUndefined(
                $"the inline if-expression on line {conditional.Line} evaluated to false and no else section "
                    + "was defined."
            ).Lenient(),
            _ => throw TemplateText.Error(expression.Line, $"{expression.GetType().Name} is not supported"),
        };
    }

    private string Key(TemplateExpression key) =>
        Value(key) as string ?? throw TemplateText.Error(key.Line, "a mapping whose key is no text is not supported");

    private object? Filtered(TemplateExpression.Filter filter, object? value) =>
        Guarded(
            filter.Text,
            filter.Line,
            () =>
                TemplateFilters.Apply(
                    new FilterCall(
                        filter.Text,
                        Positional(filter.Arguments, filter.Line),
                        Named(filter.Arguments, filter.Line),
                        filter.Line
                    ),
                    value
                )
        );

    private object Tested(TemplateExpression.Test test) =>
        Guarded(
            test.Text,
            test.Line,
            () =>
                TemplateTests.Holds(test.Text, Value(test.Target), Positional(test.Arguments, test.Line), test.Line)
                != test.Negated
        )!;

    private List<object?> Positional(TemplateArguments arguments, int line) =>
        [
            .. arguments.Positional.Select(Value),
            .. arguments.Rest is { } rest ? TemplateFilters.Items(Value(rest), line) : [],
        ];

    private Dictionary<string, object?> Named(TemplateArguments arguments, int line)
    {
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        IEnumerable<KeyValuePair<string, object?>> rest = arguments.NamedRest is not { } more
            ? []
            : Value(more) as TemplateMap ?? throw TemplateText.Error(line, "argument after ** must be a mapping");
        foreach (
            (string name, object? value) in arguments
                .Named.Select(n => KeyValuePair.Create(n.Name, Value(n.Value)))
                .Concat(rest)
        )
        {
            if (!named.TryAdd(name, value))
            {
                throw TemplateText.Error(line, $"got multiple values for keyword argument {TemplateText.Quote(name)}");
            }
        }

        return named;
    }

    private bool Compared(TemplateExpression.Comparison comparison)
    {
        object? left = Value(comparison.First);
        foreach ((string name, TemplateExpression operand) in comparison.Rest)
        {
            object? right = Value(operand);
            if (!TemplateOperators.Compare(name, left, right, comparison.Line))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private object? Called(TemplateExpression.Call call, TemplateFunction? caller)
    {
        object? target = TemplateOperators.Defined(Value(call.Target), call.Line);
        TemplateFunction function =
            target as TemplateFunction
            ?? (target as TemplateLoop)?.Recurse
            ?? throw TemplateText.Error(
                call.Line,
                target is TemplateLoop
                    ? "The loop must have the 'recursive' marker to be called recursively."
                    : $"'{TypeName(target)}' object is not callable"
            );
        List<object?> positional = Positional(call.Arguments, call.Line);
        Dictionary<string, object?> named = Named(call.Arguments, call.Line);
        if (caller is not null)
        {
            named["caller"] = caller;
        }

        string name = call.Target switch
        {
            TemplateExpression.Name n => n.Text,
            TemplateExpression.Attribute a => a.Text,
            _ => "the value",
        };
        return Guarded(name, call.Line, () => function(positional, named, call.Line));
    }

    // .NET's exceptions for a wrong argument become an error of the template.
    private static object? Guarded(string name, int line, Func<object?> call)
    {
        try
        {
            return call();
        }
        catch (Exception e)
            when (e
                    is ArgumentException
                        or IndexOutOfRangeException
                        or FormatException
                        or InvalidCastException
                        or OverflowException
            )
        {
            throw TemplateText.Error(line, $"'{name}' was called with arguments that it does not take");
        }
    }

    private static object? Member(object? target, string name, int line) =>
        TemplateOperators.Defined(target, line) is TemplateLoop loop
            ? loop.Member(name)
            : TemplateMethods.Member(target, name);

    private object? Sliced(TemplateExpression.Slice slice)
    {
        object? target = TemplateOperators.Defined(Value(slice.Target), slice.Line);
        if (target is not string and not List<object?> || target is TemplateSequence { IsIndexed: false })
        {
            throw TemplateText.Error(
                slice.Line,
                target is TemplateMap ? "unhashable type: 'slice'" : $"'{TypeName(target)}' object is not subscriptable"
            );
        }

        List<object?> items = TemplateFilters.Items(target, slice.Line);
        long? start = Bound(slice.Start, slice.Line),
            stop = Bound(slice.Stop, slice.Line);
        long step = Bound(slice.Step, slice.Line) ?? 1;
        List<object?> taken =
            step != 0
                ? Sliced(items, start, stop, step)
                : throw TemplateText.Error(slice.Line, "slice step cannot be zero");
        return target switch
        {
            string => string.Concat(taken),
            TemplateSequence sequence => new TemplateSequence(sequence.Kind, taken),
            _ => taken,
        };
    }

    private long? Bound(TemplateExpression? expression, int line)
    {
        object? value = expression is null ? null : Value(expression);
        return value switch
        {
            null => null,
            _ when IsWhole(value) || value is bool => Whole(value),
            TemplateUndefined undefined => throw TemplateText.Error(line, undefined.Complaint),
            _ => throw TemplateText.Error(line, "slice indices must be integers or None or have an __index__ method"),
        };
    }

    // Python's slice: a negative bound counts from the end, and bounds beyond the ends are moved to them.
    private static List<object?> Sliced(List<object?> items, long? start, long? stop, long step)
    {
        bool isForward = step > 0;
        long lowest = isForward ? 0 : -1,
            highest = isForward ? items.Count : items.Count - 1;
        long first = Clamped(start) ?? (isForward ? lowest : highest),
            end = Clamped(stop) ?? (isForward ? highest : lowest);
        List<object?> taken = [];
        for (Int128 i = first; isForward ? i < end : i > end; i += step)
        {
            taken.Add(items[(int)i]);
        }

        return taken;

        long? Clamped(long? bound) => bound is { } b ? Math.Clamp(b < 0 ? b + items.Count : b, lowest, highest) : null;
    }
}
