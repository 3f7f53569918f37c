using System.Text;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>Runs an untrusted template: it accesses only its variables, and its steps, depth and output are
/// bounded.</summary>
internal sealed partial class TemplateEvaluator(Func<DateTimeOffset> now)
{
    private const int MostSteps = 2_000_000,
        DeepestCall = 64,
        LongestOutput = 1 << 26; // characters

    // Outermost first: the given variables, the template's own variables, then one scope for each enclosing loop,
    // macro and block.
    private List<Dictionary<string, object?>> scopes = [];
    private StringBuilder output = new();
    private int steps,
        depth,
        currentLine;
    private Jump jump;

    private enum Jump
    {
        None,
        Break,
        Continue,
    }

    /// <summary>Renders a template with variables.</summary>
    /// <exception cref="InputException">The template calls raise_exception, or uses something that is not
    /// supported.</exception>
    public string Run(IReadOnlyList<TemplateStatement> template, IReadOnlyDictionary<string, object?> variables)
    {
        scopes.Add(new Dictionary<string, object?>(variables, StringComparer.Ordinal));
        foreach ((string name, TemplateFunction function) in Globals())
        {
            scopes[0].TryAdd(name, function);
        }

        scopes.Add(NewScope());
        TemplateSize.Begin();
        try
        {
            Execute(template);
        }
        catch (Exception e)
            when (e
                    is ArithmeticException
                        or ArgumentException
                        or IndexOutOfRangeException
                        or FormatException
                        or InvalidCastException
                        or InvalidOperationException
                        or TimeoutException
            )
        {
            throw TemplateText.Error(
                currentLine,
                $"a value has the wrong type or range for its use ({e.Message.Split('\n')[0]})"
            );
        }

        return output.ToString();
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
                Execute(
                    choice.Branches.FirstOrDefault(b => b.Condition is null || IsTrue(Value(b.Condition))).Body ?? []
                );
                break;
            case TemplateStatement.For loop:
                Loop(loop, Value(loop.Items), 0);
                break;
            case TemplateStatement.Set set:
                Assign(set.Targets, set.Attribute, Value(set.Value), set.Line);
                break;
            case TemplateStatement.SetBlock block:
                Assign(
                    [new TemplateTarget(block.Target)],
                    block.Attribute,
                    FilteredBody(block.Body, block.Filters),
                    block.Line
                );
                break;
            case TemplateStatement.FilterBlock block:
                Write(Text(FilteredBody(block.Body, block.Filters)), block.Line);
                break;
            case TemplateStatement.Macro macro:
                scopes[^1][macro.Name!] = Macro(macro);
                break;
            case TemplateStatement.CallBlock call:
                Write(Text(Called(call.Call, Macro(call.Caller))), call.Line);
                break;
            case TemplateStatement.With with:
                Within(with.Values.ToDictionary(v => v.Name, v => Value(v.Value), StringComparer.Ordinal), with.Body);
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

    private object? FilteredBody(
        IReadOnlyList<TemplateStatement> body,
        IReadOnlyList<TemplateExpression.Filter> filters
    )
    {
        string text = "";
        Within(NewScope(), () => text = Captured(body));
        return filters.Aggregate((object?)text, (v, f) => Filtered(f, v));
    }

    private void Within(Dictionary<string, object?> names, IReadOnlyList<TemplateStatement> body) =>
        Within(names, () => Execute(body));

    private void Within(Dictionary<string, object?> names, Action action)
    {
        scopes.Add(names);
        action();
        scopes.RemoveAt(scopes.Count - 1);
    }

    private void Loop(TemplateStatement.For loop, object? over, int level)
    {
        List<object?> items = TemplateFilters.Items(over, loop.Line);
        items = loop.Condition is null ? items : [.. items.Where(i => Holds(loop, i))];
        TemplateLoop state = new(
            items,
            level,
            loop.Recursive
                ? (p, _, line) => Deeper(line, () => Captured(() => Loop(loop, p.Count > 0 ? p[0] : null, level + 1)))
                : null
        );
        for (int i = 0; i < items.Count; i++)
        {
            Step(loop.Line);
            state.Index = i;
            Within(
                new(StringComparer.Ordinal) { ["loop"] = state },
                () =>
                {
                    Assign(loop.Targets, null, items[i], loop.Line);
                    Execute(loop.Body);
                }
            );
            Jump took = jump;
            jump = Jump.None;
            if (took == Jump.Break)
            {
                return;
            }
        }

        if (items.Count == 0)
        {
            Within(NewScope(), loop.Else);
        }
    }

    private bool Holds(TemplateStatement.For loop, object? item)
    {
        bool holds = false;
        Within(
            NewScope(),
            () =>
            {
                Assign(loop.Targets, null, item, loop.Line);
                holds = IsTrue(Value(loop.Condition!));
            }
        );
        return holds;
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

        return TemplateUndefined.Name(name);
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
        currentLine = line;
        TemplateSize.Tick(line);
        if (++steps > MostSteps)
        {
            throw TemplateText.Error(line, "the template runs without end");
        }
    }

    private static Dictionary<string, object?> NewScope() => new(StringComparer.Ordinal);
}
