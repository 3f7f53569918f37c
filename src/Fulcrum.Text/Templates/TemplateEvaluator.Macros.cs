using System.Text;
using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <content>Macros, blocks that are captured, and assignments.</content>
internal sealed partial class TemplateEvaluator
{
    /// <summary>Returns a macro as a function. It reads the scopes around its definition, with their values at the time
    /// of the call, and not its caller's scopes.</summary>
    private TemplateFunction Macro(TemplateStatement.Macro macro)
    {
        List<Dictionary<string, object?>> around = [.. scopes];
        return (positional, named, line) =>
            Deeper(
                line,
                () =>
                {
                    List<Dictionary<string, object?>> callers = scopes;
                    scopes = [.. around, NewScope()];
                    Bind(macro, positional, named, line);
                    string text = Captured(macro.Body);
                    scopes = callers;
                    return text;
                }
            );
    }

    private void Bind(
        TemplateStatement.Macro macro,
        IReadOnlyList<object?> positional,
        IReadOnlyDictionary<string, object?> named,
        int line
    )
    {
        Dictionary<string, object?> arguments = scopes[^1];
        HashSet<string> names = [.. macro.Parameters.Select(p => p.Name)];
        arguments["varargs"] = TemplateSequence.Of(positional.Skip(macro.Parameters.Count));
        arguments["kwargs"] = Map(named.Where(n => !names.Contains(n.Key) && n.Key != "caller"));
        arguments["caller"] = named.GetValueOrDefault("caller", new TemplateUndefined("No caller defined"));
        if (positional.Count > macro.Parameters.Count && !macro.Takes("varargs"))
        {
            throw TemplateText.Error(
                line,
                $"macro {Repr(macro.Name)} takes not more than {macro.Parameters.Count} argument(s)"
            );
        }

        if (((TemplateMap)arguments["kwargs"]!).Keys.FirstOrDefault() is { } unexpected && !macro.Takes("kwargs"))
        {
            throw TemplateText.Error(
                line,
                $"macro {Repr(macro.Name)} takes no keyword argument {TemplateText.Quote(unexpected)}"
            );
        }

        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            (string name, TemplateExpression? missing) = macro.Parameters[i];
            arguments[name] =
                i < positional.Count ? positional[i]
                : named.TryGetValue(name, out object? value) ? value
                : missing is null ? new TemplateUndefined($"parameter {TemplateText.Quote(name)} was not provided")
                : Value(missing);
        }
    }

    private string Deeper(int line, Func<string> call)
    {
        if (++depth > DeepestCall)
        {
            throw TemplateText.Error(line, "macros and loops call each other too deep");
        }

        string text = call();
        depth--;
        return text;
    }

    private string Captured(IReadOnlyList<TemplateStatement> body) => Captured(() => Execute(body));

    private string Captured(Action write)
    {
        StringBuilder outer = output;
        output = new StringBuilder();
        write();
        string text = output.ToString();
        output = outer;
        return text;
    }

    private void Assign(IReadOnlyList<TemplateTarget> targets, string? attribute, object? value, int line)
    {
        if (attribute is not null)
        {
            (
                Lookup(targets[0].Name!) as TemplateNamespace
                ?? throw TemplateText.Error(line, "cannot assign attribute on non-namespace object")
            ).Values[attribute] = value;
        }
        else if (targets is [{ Name: { } name }])
        {
            scopes[^1][name] = value;
        }
        else
        {
            Unpack(targets, value, line);
        }
    }

    private void Unpack(IReadOnlyList<TemplateTarget> targets, object? value, int line)
    {
        List<object?> parts = value is TemplateUndefined undefined
            ? throw TemplateText.Error(line, undefined.Complaint)
            : TemplateFilters.Items(value, line);
        if (parts.Count != targets.Count)
        {
            throw TemplateText.Error(
                line,
                parts.Count < targets.Count
                    ? $"not enough values to unpack (expected {targets.Count}, got {parts.Count})"
                    : $"too many values to unpack (expected {targets.Count})"
            );
        }

        foreach ((TemplateTarget target, object? part) in targets.Zip(parts))
        {
            Assign(target.Parts ?? [target], null, part, line);
        }
    }
}
