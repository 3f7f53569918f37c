using System.Globalization;
using static Fulcrum.Templates.TemplateTokenKind;

namespace Fulcrum.Templates;

/// <content>What may follow an expression: members, subscripts, calls, filters and tests.</content>
internal sealed partial class TemplateParser
{
    private TemplateExpression Postfix(TemplateExpression value)
    {
        while (true)
        {
            int line = Current.Line;
            if (Take("."))
            {
                TemplateToken token = Next();
                value = token.Kind switch
                {
                    Name => new TemplateExpression.Attribute(value, token.Text, line),
                    Integer => new TemplateExpression.Subscript(
                        value,
                        new TemplateExpression.Constant(
                            TemplateValues.Int(
                                System.Numerics.BigInteger.Parse(token.Text, CultureInfo.InvariantCulture)
                            ),
                            line
                        ),
                        line
                    ),
                    _ => throw TemplateText.Error(line, $"unexpected '{token.Text}' after '.'"),
                };
            }
            else if (Take("["))
            {
                value = Subscript(value, line);
            }
            else if (Current.Is("("))
            {
                value = new TemplateExpression.Call(value, Arguments(), line);
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression Subscript(TemplateExpression target, int line)
    {
        TemplateExpression? start = Current.Is(":") ? null : Expression();
        if (start is not null && Take("]"))
        {
            return new TemplateExpression.Subscript(target, start, line);
        }

        Expect(":");
        TemplateExpression? stop = Current.Is(":") || Current.Is("]") ? null : Expression();
        TemplateExpression? step = Take(":") && !Current.Is("]") ? Expression() : null;
        Expect("]");
        return new TemplateExpression.Slice(target, start, stop, step, line);
    }

    private TemplateArguments Arguments()
    {
        List<TemplateExpression> positional = [];
        List<(string, TemplateExpression)> named = [];
        TemplateExpression? rest = null,
            namedRest = null;
        Expect("(");
        while (!Take(")"))
        {
            if (rest is null && namedRest is null && Take("*"))
            {
                rest = Expression();
            }
            else if (namedRest is null && Take("**"))
            {
                namedRest = Expression();
            }
            else if (Current.Kind == Name && tokens[at + 1].Is("=") && namedRest is null)
            {
                string name = Next().Text;
                Next();
                named.Add((name, Expression()));
            }
            else
            {
                positional.Add(
                    named.Count == 0 && rest is null && namedRest is null
                        ? Expression()
                        : throw Error("invalid syntax for function call expression")
                );
            }

            if (!Current.Is(")"))
            {
                Expect(",");
            }
        }

        return new TemplateArguments(positional, named, rest, namedRest);
    }

    private TemplateExpression Filters(TemplateExpression value)
    {
        while (true)
        {
            int line = Current.Line;
            if (Take("|"))
            {
                value = OneFilter(value, line);
            }
            else if (TakeName("is"))
            {
                value = OneTest(value, line);
            }
            else if (Current.Is("("))
            {
                value = new TemplateExpression.Call(value, Arguments(), line);
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression.Filter OneFilter(TemplateExpression value, int line)
    {
        string name = ExpectName();
        return TemplateFilters.Names.Contains(name)
            ? new TemplateExpression.Filter(value, name, Current.Is("(") ? Arguments() : TemplateArguments.None, line)
            : throw TemplateText.Error(line, $"the filter '{name}' is not supported");
    }

    private TemplateExpression.Test OneTest(TemplateExpression value, int line)
    {
        bool negated = TakeName("not");
        TemplateToken name = Next();
        if (name.Kind is not Name || !TemplateTests.Names.Contains(name.Text))
        {
            throw TemplateText.Error(line, $"the test '{name.Text}' is not supported");
        }

        TemplateArguments arguments = TemplateArguments.None;
        bool operand =
            Current.Kind is Text or Integer or Float
            || Current.Is("[")
            || Current.Is("{")
            || (Current.Kind == Name && Current.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not"));
        if (Current.Is("("))
        {
            arguments = Arguments();
        }
        else if (operand)
        {
            arguments = new TemplateArguments([Postfix(Primary())], []);
        }

        return new TemplateExpression.Test(value, name.Text, arguments, negated, line);
    }
}
