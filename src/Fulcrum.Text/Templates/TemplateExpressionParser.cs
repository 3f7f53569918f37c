using System.Globalization;
using static Fulcrum.Templates.TemplateTokenKind;

namespace Fulcrum.Templates;

/// <summary>The expressions of a template, with Jinja's precedence.</summary>
internal sealed partial class TemplateParser
{
    private const int MaxDepth = 100;
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private int depth;

    private TemplateExpression Expression(bool conditional = true)
    {
        if (++depth > MaxDepth)
        {
            throw Error("expressions are nested too deep");
        }

        TemplateExpression value = Or();
        while (conditional && TakeName("if"))
        {
            TemplateExpression condition = Or();
            value = new TemplateExpression.Conditional(
                condition,
                value,
                TakeName("else") ? Expression() : null,
                value.Line
            );
        }

        depth--;
        return value;
    }

    /// <summary>One expression, or a tuple of several separated by commas.</summary>
    private TemplateExpression Tuple(bool conditional = true)
    {
        int line = Current.Line;
        TemplateExpression first = Expression(conditional);
        if (!Current.Is(","))
        {
            return first;
        }

        List<TemplateExpression> items = [first];
        while (Take(","))
        {
            if (Current.Kind is VariableEnd or BlockEnd || Current.Is(")") || Current.IsName("in"))
            {
                break;
            }

            items.Add(Expression(conditional));
        }

        return new TemplateExpression.Sequence(items, IsTuple: true, line);
    }

    private TemplateExpression Or()
    {
        TemplateExpression left = And();
        while (TakeName("or"))
        {
            left = new TemplateExpression.Binary("or", left, And(), left.Line);
        }

        return left;
    }

    private TemplateExpression And()
    {
        TemplateExpression left = Not();
        while (TakeName("and"))
        {
            left = new TemplateExpression.Binary("and", left, Not(), left.Line);
        }

        return left;
    }

    private TemplateExpression Not()
    {
        int line = Current.Line,
            nots = 0;
        while (Current.IsName("not"))
        {
            Next();
            nots++;
        }

        TemplateExpression value = Compare();
        return nots switch
        {
            0 => value,
            _ when nots % 2 == 1 => new TemplateExpression.Unary("not", value, line),
            _ => new TemplateExpression.Unary("not", new TemplateExpression.Unary("not", value, line), line),
        };
    }

    private TemplateExpression Compare()
    {
        TemplateExpression first = Sum();
        List<(string, TemplateExpression)> rest = [];
        while (ComparisonOperator() is { } text)
        {
            rest.Add((text, Sum()));
        }

        return rest.Count == 0 ? first : new TemplateExpression.Comparison(first, rest, first.Line);
    }

    private string? ComparisonOperator()
    {
        if (Current.Kind == Operator && Comparisons.Contains(Current.Text))
        {
            return Next().Text;
        }

        if (TakeName("in"))
        {
            return "in";
        }

        if (Current.IsName("not") && tokens[at + 1].IsName("in"))
        {
            Next();
            Next();
            return "not in";
        }

        return null;
    }

    private TemplateExpression Sum() => LeftToRight(Joined, "+", "-");

    private TemplateExpression Joined() => LeftToRight(Product, "~");

    private TemplateExpression Product() => LeftToRight(Power, "*", "/", "//", "%");

    private TemplateExpression Power() => LeftToRight(() => Unary(), "**");

    private TemplateExpression LeftToRight(Func<TemplateExpression> operand, params ReadOnlySpan<string> operators)
    {
        TemplateExpression left = operand();
        while (Current.Kind == Operator && operators.Contains(Current.Text))
        {
            left = new TemplateExpression.Binary(Next().Text, left, operand(), left.Line);
        }

        return left;
    }

    private TemplateExpression Unary(bool filters = true)
    {
        int line = Current.Line;
        if (++depth > MaxDepth)
        {
            throw Error("expressions are nested too deep");
        }

        TemplateExpression value =
            Take("-") ? new TemplateExpression.Unary("-", Unary(false), line)
            : Take("+") ? new TemplateExpression.Unary("+", Unary(false), line)
            : Primary();
        depth--;
        value = Postfix(value);
        return filters ? Filters(value) : value;
    }

    private TemplateExpression Primary()
    {
        TemplateToken token = Next();
        switch (token.Kind)
        {
            case Name:
                return NameOrConstant(token);
            case Text:
                string text = token.Text;
                while (Current.Kind == Text)
                {
                    text += Next().Text;
                }

                return new TemplateExpression.Constant(text, token.Line);
            case Integer:
                return new TemplateExpression.Constant(
                    TemplateValues.Int(System.Numerics.BigInteger.Parse(token.Text, CultureInfo.InvariantCulture)),
                    token.Line
                );
            case Float:
                return new TemplateExpression.Constant(
                    double.Parse(token.Text, CultureInfo.InvariantCulture),
                    token.Line
                );
            default:
                return token.Text switch
                {
                    "(" when token.Kind == Operator => Parenthesis(token.Line),
                    "[" when token.Kind == Operator => List(token.Line),
                    "{" when token.Kind == Operator => Mapping(token.Line),
                    _ => throw TemplateText.Error(token.Line, $"unexpected '{token.Text}'"),
                };
        }
    }

    private static TemplateExpression NameOrConstant(TemplateToken token) =>
        token.Text switch
        {
            "true" or "True" => new TemplateExpression.Constant(true, token.Line),
            "false" or "False" => new TemplateExpression.Constant(false, token.Line),
            "none" or "None" => new TemplateExpression.Constant(null, token.Line),
            _ => new TemplateExpression.Name(token.Text, token.Line),
        };

    private TemplateExpression Parenthesis(int line)
    {
        if (Take(")"))
        {
            return new TemplateExpression.Sequence([], IsTuple: true, line);
        }

        TemplateExpression value = Tuple();
        Expect(")");
        return value;
    }

    private TemplateExpression.Sequence List(int line)
    {
        List<TemplateExpression> items = [];
        while (!Take("]"))
        {
            items.Add(Expression());
            if (!Current.Is("]"))
            {
                Expect(",");
            }
        }

        return new TemplateExpression.Sequence(items, IsTuple: false, line);
    }

    private TemplateExpression.Mapping Mapping(int line)
    {
        List<(TemplateExpression, TemplateExpression)> items = [];
        while (!Take("}"))
        {
            TemplateExpression key = Expression();
            Expect(":");
            items.Add((key, Expression()));
            if (!Current.Is("}"))
            {
                Expect(",");
            }
        }

        return new TemplateExpression.Mapping(items, line);
    }

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
