using Fulcrum.Data;
using Fulcrum.Templates;

namespace Fulcrum.Models;

/// <summary>Prompt templates over the columns of a row.</summary>
internal static class RowTemplate
{
    /// <summary>The text that a template makes of a row.</summary>
    /// <exception cref="InputException">A name is no column, or a value does not fit what is done with it; names the
    /// row.
    /// </exception>
    public static string Of(this TextTemplate template, TableRow row)
    {
        try
        {
            return template.Render((TemplateMap)TemplateValues.From(row.Values)!);
        }
        catch (InputException e)
        {
            throw row.Error(e.Message);
        }
    }
}
