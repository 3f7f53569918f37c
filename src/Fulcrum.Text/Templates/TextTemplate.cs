namespace Fulcrum.Templates;

/// <summary>A Jinja template over the columns of a row, as task files use it: a name without a value is an error, white
/// space around blocks stays.</summary>
internal sealed class TextTemplate
{
    private readonly IReadOnlyList<TemplateStatement> statements;

    /// <summary>Parses a template.</summary>
    /// <exception cref="InputException">It is malformed or uses what is not supported.</exception>
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

    /// <summary>The text that the template makes of some variables.</summary>
    /// <exception cref="InputException">A name has no value, or a value does not fit what is done with it.</exception>
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

    // The engine speaks of chat templates, which this is not.
    private static InputException Renamed(InputException e) =>
        new(e.Message.Replace("chat template", "template", StringComparison.Ordinal), e);
}
