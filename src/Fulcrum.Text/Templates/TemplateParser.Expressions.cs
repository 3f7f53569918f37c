using System.Globalization;
using static Fulcrum.Templates.TemplateTokenKind;

namespace Fulcrum.Templates;

/// <content>Parses expressions with Jinja's precedence.</content>
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
}
