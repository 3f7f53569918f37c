namespace Fulcrum.Templates;

/// <summary>A Jinja template over the columns of a row, as in task files. Unlike in chat templates, an undefined name
/// is an error, and white space around blocks is kept.</summary>
internal sealed class TextTemplate
{
    private readonly IReadOnlyList<TemplateStatement> statements;

    /// <summary>Parses a template.</summary>
    /// <exception cref="InputException">It is malformed or uses something that is not supported.</exception>
    public TextTemplate(string template)
    {
        try
        {
            statements = TemplateParser.Parse(template, TemplateSpacing.Kept);
        }
        catch (InputException e)
        {
            throw Renamed(e);
        }
    }

    /// <summary>Renders the template with variables.</summary>
    /// <exception cref="InputException">A name is undefined, or a value has the wrong type for its use.</exception>
    internal string Render(TemplateMap variables)
    {
        try
        {
            return TemplateUndefined.Strictly(() =>
                new TemplateEvaluator(() => DateTimeOffset.UnixEpoch).Run(statements, variables)
            );
        }
        catch (InputException e)
        {
            throw Renamed(e);
        }
    }

    // Messages of the evaluator say "chat template", which would mislead here.
    private static InputException Renamed(InputException e) =>
        new(e.Message.Replace("chat template", "template", StringComparison.Ordinal), e);
}
