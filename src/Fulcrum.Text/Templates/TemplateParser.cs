using static Fulcrum.Templates.TemplateTokenKind;

namespace Fulcrum.Templates;

/// <summary>Parses a template into statements. An unknown construct is an error that names the construct and its
/// line.</summary>
internal sealed partial class TemplateParser
{
    private const int MaxTemplate = 1 << 20;
    private readonly List<TemplateToken> tokens;
    private int at;
    private int blocks;
    private int loops;

    private TemplateParser(List<TemplateToken> tokens) => this.tokens = tokens;

    private TemplateToken Current => tokens[at];

    /// <exception cref="InputException">The template is invalid, or uses something that is not supported.</exception>
    public static IReadOnlyList<TemplateStatement> Parse(
        string template,
        TemplateSpacing spacing = TemplateSpacing.Trimmed
    )
    {
        if (template.Length > MaxTemplate)
        {
            throw new InputException(
                $"the chat template has {template.Length} characters; at most {MaxTemplate} are read"
            );
        }

        TemplateParser parser = new(TemplateLexer.Tokens(template, spacing));
        IReadOnlyList<TemplateStatement> statements = parser.Statements();
        return parser.Current.Kind == End
            ? statements
            : throw parser.Error($"unexpected '{parser.tokens[parser.at + 1].Text}'");
    }

    /// <summary>Parses statements up to a block whose name is one of <paramref name="ends"/>; stops before its
    /// <c>{%</c>.</summary>
    private List<TemplateStatement> Statements(params string[] ends)
    {
        if (++blocks > MaxDepth)
        {
            throw Error("blocks are nested too deep");
        }

        List<TemplateStatement> statements = [];
        while (Current.Kind != End && !(Current.Kind == BlockBegin && ends.Contains(tokens[at + 1].Text)))
        {
            TemplateToken token = Next();
            switch (token.Kind)
            {
                case TemplateTokenKind.Data:
                    statements.Add(new TemplateStatement.Data(token.Text, token.Line));
                    break;
                case VariableBegin:
                    statements.Add(new TemplateStatement.Output(Tuple(), token.Line));
                    ExpectEnd(VariableEnd);
                    break;
                default:
                    statements.Add(Block(token.Line));
                    break;
            }
        }

        blocks--;
        return statements;
    }

    /// <summary>Parses the body of a block and its closing tag.</summary>
    private List<TemplateStatement> Body(string end)
    {
        ExpectEnd(BlockEnd);
        List<TemplateStatement> body = Statements(end);
        Close(end);
        return body;
    }

    private void Close(string end)
    {
        if (Current.Kind == End)
        {
            throw Error($"'{end}' is missing");
        }

        Next();
        Next();
        if (Current.Kind == Name)
        {
            Next();
        }

        ExpectEnd(BlockEnd);
    }

    private TemplateStatement Block(int line)
    {
        string name = ExpectName();
        return name switch
        {
            "if" => If(line),
            "for" => For(line),
            "set" => Set(line),
            "macro" => Macro(ExpectName(), line, "endmacro"),
            "call" => CallBlock(line),
            "filter" => FilterBlock(line),
            "print" => Print(line),
            "with" => With(line),
            "generation" => new TemplateStatement.Group(Body("endgeneration"), line),
            "break" or "continue" => Jump(name, line),
            _ => throw TemplateText.Error(line, $"the statement '{name}' is not supported here"),
        };
    }

    private TemplateStatement Jump(string name, int line)
    {
        if (loops == 0)
        {
            throw TemplateText.Error(line, $"'{name}' is outside a loop");
        }

        ExpectEnd(BlockEnd);
        return name == "break" ? new TemplateStatement.Break(line) : new TemplateStatement.Continue(line);
    }

    private TemplateStatement.If If(int line)
    {
        List<(TemplateExpression?, IReadOnlyList<TemplateStatement>)> branches = [];
        for (TemplateExpression? condition = Tuple(); ; condition = Current.Kind == BlockEnd ? null : Tuple())
        {
            ExpectEnd(BlockEnd);
            branches.Add((condition, condition is null ? Statements("endif") : Statements("elif", "else", "endif")));
            if (Current.Kind == End || tokens[at + 1].Text == "endif")
            {
                Close("endif");
                return new TemplateStatement.If(branches, line);
            }

            Next();
            bool otherwise = Next().Text == "else";
            if (otherwise != (Current.Kind == BlockEnd))
            {
                throw Error(otherwise ? "'else' takes no condition" : "'elif' needs a condition");
            }
        }
    }

    private TemplateStatement.For For(int line)
    {
        List<TemplateTarget> targets = Targets();
        if (!TakeName("in"))
        {
            throw Error($"expected 'in', not '{Current.Text}'");
        }

        TemplateExpression items = Tuple(conditional: false);
        TemplateExpression? condition = TakeName("if") ? Expression() : null;
        bool recursive = TakeName("recursive");
        ExpectEnd(BlockEnd);
        loops++;
        List<TemplateStatement> body = Statements("else", "endfor");
        loops--;
        List<TemplateStatement> otherwise = [];
        if (Current.Kind == BlockBegin && tokens[at + 1].Text == "else")
        {
            Next();
            Next();
            ExpectEnd(BlockEnd);
            otherwise = Statements("endfor");
        }

        Close("endfor");
        return new TemplateStatement.For(targets, items, condition, body, otherwise, recursive, line);
    }

    private TemplateStatement Set(int line)
    {
        List<TemplateTarget> targets = Targets();
        string? attribute = Take(".") ? ExpectName() : null;
        if ((targets.Count > 1 || targets[0].Name is null) && attribute is not null)
        {
            throw Error("only one attribute can be set at a time");
        }

        if (Take("="))
        {
            TemplateExpression value = Tuple();
            ExpectEnd(BlockEnd);
            return new TemplateStatement.Set(targets, attribute, value, line);
        }

        List<TemplateExpression.Filter> filters = [];
        while (Take("|"))
        {
            filters.Add(OneFilter(new TemplateExpression.Constant(null, line), line));
        }

        return new TemplateStatement.SetBlock(
            targets[0].Name ?? throw TemplateText.Error(line, "a block is assigned to one name"),
            attribute,
            OutsideLoops("endset"),
            filters,
            line
        );
    }

    private TemplateStatement.CallBlock CallBlock(int line)
    {
        TemplateStatement.Macro caller = Macro(null, line, "endcall", out TemplateExpression call);
        return new TemplateStatement.CallBlock(
            call as TemplateExpression.Call ?? throw TemplateText.Error(line, "expected call"),
            caller,
            line
        );
    }

    private TemplateStatement.FilterBlock FilterBlock(int line)
    {
        TemplateExpression.Constant none = new(null, line);
        List<TemplateExpression.Filter> filters = [OneFilter(none, line)];
        while (Take("|"))
        {
            filters.Add(OneFilter(none, line));
        }

        return new TemplateStatement.FilterBlock(OutsideLoops("endfilter"), filters, line);
    }

    private TemplateStatement.Group Print(int line)
    {
        List<TemplateStatement> values = [];
        do
        {
            values.Add(new TemplateStatement.Output(Expression(), line));
        } while (Take(","));
        ExpectEnd(BlockEnd);
        return new TemplateStatement.Group(values, line);
    }

    private TemplateStatement.Macro Macro(string? name, int line, string end) => Macro(name, line, end, out _);

    // A call block has the parameters of its body first, then the call.
    private TemplateStatement.Macro Macro(string? name, int line, string end, out TemplateExpression call)
    {
        List<(string, TemplateExpression?)> parameters = Current.Is("(") || end == "endmacro" ? Parameters() : [];
        call = end == "endcall" ? Unary() : new TemplateExpression.Constant(null, line);
        int from = at;
        List<TemplateStatement> body = OutsideLoops(end);
        HashSet<string> free =
        [
            .. tokens[from..at].Where(t => t.Kind == Name && t.Text is "varargs" or "kwargs").Select(t => t.Text),
        ];
        return new TemplateStatement.Macro(name, parameters, body, free, line);
    }

    private List<TemplateStatement> OutsideLoops(string end)
    {
        int outer = loops;
        loops = 0;
        List<TemplateStatement> body = Body(end);
        loops = outer;
        return body;
    }

    private List<(string, TemplateExpression?)> Parameters()
    {
        List<(string, TemplateExpression?)> parameters = [];
        Expect("(");
        while (!Take(")"))
        {
            string parameter = ExpectName();
            parameters.Add((parameter, Take("=") ? Expression() : null));
            if (!Current.Is(")"))
            {
                Expect(",");
            }
        }

        return parameters;
    }

    private TemplateStatement.With With(int line)
    {
        List<(string, TemplateExpression)> values = [];
        while (Current.Kind != BlockEnd)
        {
            string name = ExpectName();
            Expect("=");
            values.Add((name, Expression()));
            if (Current.Kind != BlockEnd)
            {
                Expect(",");
            }
        }

        return new TemplateStatement.With(values, Body("endwith"), line);
    }
}
