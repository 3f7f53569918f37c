using System.Text;
using static Fulcrum.Prompts.TemplateValues;

namespace Fulcrum.Prompts;

/// <summary>Runs a template over values. It reaches nothing but its values, and its steps, depth and output are bounded.</summary>
internal sealed class TemplateEvaluator(Func<DateTimeOffset> now)
{
    private const int MostSteps = 2_000_000, DeepestCall = 64, LongestOutput = 1 << 26;
    private readonly List<Dictionary<string, object?>> scopes = [];
    private StringBuilder output = new();
    private int steps, depth;
    private Jump jump;

    private enum Jump { None, Break, Continue }

    /// <summary>The text that a template makes of some variables.</summary>
    /// <exception cref="InputException">The template complains (raise_exception), or asks for what is not supported.</exception>
    public string Run(IReadOnlyList<TemplateStatement> template, IReadOnlyDictionary<string, object?> variables)
    {
        scopes.Add(new Dictionary<string, object?>(variables, StringComparer.Ordinal));
        foreach ((string name, TemplateFunction function) in Globals())
        {
            scopes[0].TryAdd(name, function);
        }

        scopes.Add(new Dictionary<string, object?>(StringComparer.Ordinal));
        Execute(template);
        return output.ToString();
    }

    private Dictionary<string, TemplateFunction> Globals() => new(StringComparer.Ordinal)
    {
        ["raise_exception"] = (p, _, _) => throw new InputException($"the chat template says: {Text(p.Count > 0 ? p[0] : "")}"),
        ["strftime_now"] = (p, _, line) => TemplateClock.Format(now(), Text(p[0]), line),
        ["namespace"] = (p, named, _) => Namespace(p, named),
        ["dict"] = (_, named, _) => Map(named),
        ["range"] = (p, _, line) => Range(p, line),
    };

    private static TemplateNamespace Namespace(IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
    {
        TemplateNamespace space = new();
        foreach ((string key, object? value) in positional.OfType<TemplateMap>().SelectMany(m => m).Concat(named))
        {
            space.Values[key] = value;
        }

        return space;
    }

    private static List<object?> Range(IReadOnlyList<object?> p, int line)
    {
        (long from, long to, long by) = p.Count switch { 1 => (0L, Whole(p[0]), 1L), 2 => (Whole(p[0]), Whole(p[1]), 1L), _ => (Whole(p[0]), Whole(p[1]), Whole(p[2])) };
        if (by == 0 || (to - from) / (double)by > 100_000)
        {
            throw TemplateText.Error(line, "range is too long");
        }

        List<object?> numbers = [];
        for (long i = from; by > 0 ? i < to : i > to; i += by)
        {
            numbers.Add(i);
        }

        return numbers;
    }

    private void Execute(IReadOnlyList<TemplateStatement> statements)
    {
        foreach (TemplateStatement statement in statements)
        {
            Step(statement.Line);
            Execute(statement);
            if (jump != Jump.None)
            {
                return;
            }
        }
    }

    private void Execute(TemplateStatement statement)
    {
        switch (statement)
        {
            case TemplateStatement.Data data:
                Write(data.Text, data.Line);
                break;
            case TemplateStatement.Output value:
                Write(Text(Value(value.Value)), value.Line);
                break;
            case TemplateStatement.If choice:
                Execute(choice.Branches.FirstOrDefault(b => b.Condition is null || IsTrue(Value(b.Condition))).Body ?? []);
                break;
            case TemplateStatement.For loop:
                Loop(loop);
                break;
            case TemplateStatement.Set set:
                Assign(set.Targets, set.Attribute, Value(set.Value), set.Line);
                break;
            case TemplateStatement.SetBlock block:
                object? text = block.Filters.Aggregate((object?)Captured(block.Body), (v, f) => Filtered(f, v));
                Assign([block.Target], block.Attribute, text, block.Line);
                break;
            case TemplateStatement.Macro macro:
                scopes[^1][macro.Name] = Macro(macro);
                break;
            case TemplateStatement.With with:
                scopes.Add(with.Values.ToDictionary(v => v.Name, v => Value(v.Value), StringComparer.Ordinal));
                Execute(with.Body);
                scopes.RemoveAt(scopes.Count - 1);
                break;
            case TemplateStatement.Group group:
                Execute(group.Body);
                break;
            case TemplateStatement.Break:
                jump = Jump.Break;
                break;
            case TemplateStatement.Continue:
                jump = Jump.Continue;
                break;
        }
    }

    private void Loop(TemplateStatement.For loop)
    {
        List<object?> items = TemplateFilters.Items(Value(loop.Items), loop.Line);
        if (loop.Condition is not null)
        {
            items = [.. items.Where(i => Holds(loop, i))];
        }

        for (int i = 0; i < items.Count; i++)
        {
            Step(loop.Line);
            scopes.Add(new Dictionary<string, object?>(StringComparer.Ordinal) { ["loop"] = LoopState(items, i) });
            Assign(loop.Targets, null, items[i], loop.Line);
            Execute(loop.Body);
            scopes.RemoveAt(scopes.Count - 1);
            Jump took = jump;
            jump = Jump.None;
            if (took == Jump.Break)
            {
                return;
            }
        }

        if (items.Count == 0)
        {
            Execute(loop.Else);
        }
    }

    private bool Holds(TemplateStatement.For loop, object? item)
    {
        scopes.Add(new Dictionary<string, object?>(StringComparer.Ordinal));
        Assign(loop.Targets, null, item, loop.Line);
        bool holds = IsTrue(Value(loop.Condition!));
        scopes.RemoveAt(scopes.Count - 1);
        return holds;
    }

    private static TemplateMap LoopState(List<object?> items, int i)
    {
        TemplateMap state = Map(
        [
            new("index", i + 1L), new("index0", (long)i), new("first", i == 0), new("last", i == items.Count - 1), new("length", (long)items.Count),
            new("revindex", (long)(items.Count - i)), new("revindex0", (long)(items.Count - i - 1)), new("depth", 1L), new("depth0", 0L),
        ]);
        if (i > 0)
        {
            state["previtem"] = items[i - 1];
        }

        if (i + 1 < items.Count)
        {
            state["nextitem"] = items[i + 1];
        }

        state["cycle"] = (TemplateFunction)((p, _, _) => p[i % p.Count]);
        return state;
    }

    private TemplateFunction Macro(TemplateStatement.Macro macro)
    {
        return (positional, named, line) =>
        {
            if (++depth > DeepestCall)
            {
                throw TemplateText.Error(line, "macros call each other too deep");
            }

            Dictionary<string, object?> arguments = new(StringComparer.Ordinal);
            List<Dictionary<string, object?>> callers = [.. scopes.Skip(2)];
            scopes.RemoveRange(2, callers.Count); // a macro sees the template's names, not its caller's
            scopes.Add(arguments);
            for (int i = 0; i < macro.Parameters.Count; i++)
            {
                (string name, TemplateExpression? missing) = macro.Parameters[i];
                arguments[name] = i < positional.Count ? positional[i] : named.TryGetValue(name, out object? value) ? value : missing is null ? new TemplateUndefined(name) : Value(missing);
            }

            string text = Captured(macro.Body);
            scopes.RemoveRange(2, scopes.Count - 2);
            scopes.AddRange(callers);
            depth--;
            return text;
        };
    }

    private string Captured(IReadOnlyList<TemplateStatement> body)
    {
        StringBuilder outer = output;
        output = new StringBuilder();
        Execute(body);
        string text = output.ToString();
        output = outer;
        return text;
    }

    private void Assign(IReadOnlyList<string> targets, string? attribute, object? value, int line)
    {
        if (attribute is not null)
        {
            (Lookup(targets[0]) as TemplateNamespace ?? throw TemplateText.Error(line, $"'{targets[0]}' is no namespace, so '{attribute}' cannot be set")).Values[attribute] = value;
            return;
        }

        if (targets.Count == 1)
        {
            scopes[^1][targets[0]] = value;
            return;
        }

        List<object?> parts = TemplateFilters.Items(value, line);
        if (parts.Count != targets.Count)
        {
            throw TemplateText.Error(line, $"{parts.Count} values for {targets.Count} names");
        }

        for (int i = 0; i < targets.Count; i++)
        {
            scopes[^1][targets[i]] = parts[i];
        }
    }

    private object? Lookup(string name)
    {
        for (int i = scopes.Count - 1; i >= 0; i--)
        {
            if (scopes[i].TryGetValue(name, out object? value))
            {
                return value;
            }
        }

        return new TemplateUndefined(name);
    }

    private object? Value(TemplateExpression expression)
    {
        Step(expression.Line);
        return expression switch
        {
            TemplateExpression.Constant constant => constant.Value is int whole ? (long)whole : constant.Value,
            TemplateExpression.Name name => Lookup(name.Text),
            TemplateExpression.Sequence sequence => sequence.Items.Select(Value).ToList(),
            TemplateExpression.Mapping mapping => Map(mapping.Items.Select(i => KeyValuePair.Create(Text(Value(i.Key)), Value(i.Value)))),
            TemplateExpression.Attribute attribute => Member(Value(attribute.Target), attribute.Text, attribute.Line),
            TemplateExpression.Subscript subscript => At(Value(subscript.Target), Value(subscript.Index), subscript.Line),
            TemplateExpression.Slice slice => Sliced(slice),
            TemplateExpression.Call call => Called(call),
            TemplateExpression.Filter filter => Filtered(filter, Value(filter.Target)),
            TemplateExpression.Test test => TemplateFilters.Test(test.Text, Value(test.Target), [.. test.Arguments.Positional.Select(Value)], test.Line) != test.Negated,
            TemplateExpression.Unary unary => TemplateOperators.Unary(unary.Operator, Value(unary.Operand), unary.Line),
            TemplateExpression.Binary { Operator: "and" } both => Value(both.Left) is var left && IsTrue(left) ? Value(both.Right) : left,
            TemplateExpression.Binary { Operator: "or" } either => Value(either.Left) is var first && IsTrue(first) ? first : Value(either.Right),
            TemplateExpression.Binary binary => TemplateOperators.Binary(binary.Operator, Value(binary.Left), Value(binary.Right), binary.Line),
            TemplateExpression.Comparison comparison => Compared(comparison),
            TemplateExpression.Conditional conditional => IsTrue(Value(conditional.Condition)) ? Value(conditional.Then) : conditional.Else is null ? new TemplateUndefined("") : Value(conditional.Else),
            _ => throw TemplateText.Error(expression.Line, $"{expression.GetType().Name} is not supported"),
        };
    }

    private object? Filtered(TemplateExpression.Filter filter, object? value) => TemplateFilters.Apply(
        filter.Text, value, [.. filter.Arguments.Positional.Select(Value)], filter.Arguments.Named.ToDictionary(n => n.Name, n => Value(n.Value), StringComparer.Ordinal), filter.Line);

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

    private object? Called(TemplateExpression.Call call)
    {
        object? target = call.Target is TemplateExpression.Attribute { } method && Value(method.Target) is var owner
            ? TemplateMethods.Find(owner, method.Text) ?? Member(owner, method.Text, method.Line)
            : Value(call.Target);
        string name = call.Target switch { TemplateExpression.Name n => n.Text, TemplateExpression.Attribute a => a.Text, _ => "the value" };
        TemplateFunction function = target as TemplateFunction ?? throw TemplateText.Error(call.Line, $"'{name}' cannot be called");
        object?[] positional = [.. call.Arguments.Positional.Select(Value)];
        try
        {
            return function(positional, call.Arguments.Named.ToDictionary(n => n.Name, n => Value(n.Value), StringComparer.Ordinal), call.Line);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or FormatException or InvalidCastException)
        {
            throw TemplateText.Error(call.Line, $"'{name}' was called with arguments that it does not take");
        }
    }

    private static object? Member(object? target, string name, int line) => target is TemplateUndefined undefined
        ? throw TemplateText.Error(line, $"'{undefined.Name}' is undefined") : TemplateFilters.Attribute(target, name);

    private static object? At(object? target, object? index, int line) => (target, index) switch
    {
        (TemplateUndefined undefined, _) => throw TemplateText.Error(line, $"'{undefined.Name}' is undefined"),
        (List<object?> list, _) when IsWhole(index) => Place(list.Count, Whole(index)) is { } place ? list[place] : new TemplateUndefined("index"),
        (string text, _) when IsWhole(index) => TemplateText.CodePoints(text) is var points && Place(points.Count, Whole(index)) is { } place ? points[place] : new TemplateUndefined("index"),
        (_, string key) => TemplateFilters.Attribute(target, key),
        _ => new TemplateUndefined("index"),
    };

    private static int? Place(int count, long index) => index < 0 ? (index + count is >= 0 and var i ? (int)i : null) : index < count ? (int)index : null;

    private object? Sliced(TemplateExpression.Slice slice)
    {
        object? target = Value(slice.Target);
        List<object?> items = TemplateFilters.Items(target, slice.Line);
        long? Bound(TemplateExpression? e) => e is null || Value(e) is not { } v ? null : Whole(v);
        long by = Bound(slice.Step) ?? 1, n = items.Count;
        if (by == 0)
        {
            throw TemplateText.Error(slice.Line, "a slice has the step 0");
        }

        long Clamp(long? at, long missing) => at is not { } i ? missing : Math.Clamp(i < 0 ? i + n : i, by > 0 ? 0 : -1, by > 0 ? n : n - 1);
        List<object?> taken = [];
        for (long i = Clamp(Bound(slice.Start), by > 0 ? 0 : n - 1), end = Clamp(Bound(slice.Stop), by > 0 ? n : -1); by > 0 ? i < end : i > end; i += by)
        {
            taken.Add(items[(int)i]);
        }

        return target is string ? string.Concat(taken) : taken;
    }

    private void Write(string text, int line)
    {
        if (output.Length + text.Length > LongestOutput)
        {
            throw TemplateText.Error(line, "the template writes without end");
        }

        output.Append(text);
    }

    private void Step(int line)
    {
        if (++steps > MostSteps)
        {
            throw TemplateText.Error(line, "the template runs without end");
        }
    }
}
