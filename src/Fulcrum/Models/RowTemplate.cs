using Fulcrum.Data;
using Fulcrum.Templates;

namespace Fulcrum.Models;

/// <summary>Renders prompt templates over the columns of a row.</summary>
internal static class RowTemplate
{
    /// <summary>Renders a template with a row's columns as its variables.</summary>
    /// <exception cref="InputException">The template names a column that the row does not have, or a value has the
    /// wrong type. The message names the row.</exception>
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
