using static Fulcrum.Templates.TemplateTokenKind;

namespace Fulcrum.Templates;

/// <content>Targets of assignments, and single tokens.</content>
internal sealed partial class TemplateParser
{
    private List<TemplateTarget> Targets()
    {
        List<TemplateTarget> targets = [Target()];
        bool several = false;
        while (Take(","))
        {
            several = true;
            if (Current.Is("(") || (Current.Kind == Name && Current.Text != "in"))
            {
                targets.Add(Target());
            }
        }

        return !several && targets[0].Parts is { } parts ? [.. parts] : targets;
    }

    // Returns a name, or targets in parentheses into which a part of the value is unpacked.
    private TemplateTarget Target()
    {
        if (!Take("("))
        {
            return new TemplateTarget(ExpectName());
        }

        if (++depth > MaxDepth)
        {
            throw Error("targets are nested too deep");
        }

        List<TemplateTarget> parts = [Target()];
        while (Take(",") && !Current.Is(")"))
        {
            parts.Add(Target());
        }

        Expect(")");
        depth--;
        return parts.Count == 1 ? parts[0] : new TemplateTarget(null, parts);
    }

    private TemplateToken Next()
    {
        TemplateToken token = tokens[at];
        at = Math.Min(at + 1, tokens.Count - 1);
        return token;
    }

    private bool Take(string operatorText)
    {
        bool there = Current.Is(operatorText);
        at += there ? 1 : 0;
        return there;
    }

    private bool TakeName(string name)
    {
        bool there = Current.IsName(name);
        at += there ? 1 : 0;
        return there;
    }

    private void Expect(string operatorText)
    {
        if (!Take(operatorText))
        {
            throw Error($"expected '{operatorText}', not '{Current.Text}'");
        }
    }

    private string ExpectName() =>
        Current.Kind == Name ? Next().Text : throw Error($"expected a name, not '{Current.Text}'");

    private void ExpectEnd(TemplateTokenKind kind)
    {
        if (Current.Kind != kind)
        {
            string wanted = kind == VariableEnd ? "print statement" : "statement block";
            string got = Current.Kind switch
            {
                Text => "string",
                Integer => "integer",
                Float => "float",
                _ => Current.Text,
            };
            throw Error($"expected token 'end of {wanted}', got '{got}'");
        }

        Next();
    }

    private InputException Error(string what) => TemplateText.Error(Current.Line, what);
}
