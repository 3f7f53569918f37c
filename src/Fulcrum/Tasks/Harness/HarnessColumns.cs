using System.Text.RegularExpressions;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>Which columns of its data a task file names.</summary>
internal static class HarnessColumns
{
    /// <summary>Describes how the data of task files are read: rows, the columns that the files name, and those that
    /// nothing names.</summary>
    /// <returns>Null where a function of the task file reads the rows, because nothing shows what it reads.</returns>
    public static string? Layout(IReadOnlyList<(HarnessConfig Config, IReadOnlyList<string> Columns)> tasks, int rows)
    {
        if (tasks.Any(t => t.Config.ProcessDocs is not null || t.Config.ProcessResults is not null))
        {
            return null;
        }

        string[] all = [.. tasks.SelectMany(t => t.Columns).Distinct(StringComparer.Ordinal)],
            used = [.. all.Where(c => tasks.Any(t => t.Columns.Contains(c) && Names(t.Config, c)))],
            unused = [.. all.Except(used, StringComparer.Ordinal)];
        return $"{rows} rows, columns: {string.Join(", ", used)}"
            + (unused.Length > 0 ? $"; not used: {string.Join(", ", unused)}" : "");
    }

    // A template may name a column anywhere: in an expression, in a loop, after a dot.
    private static bool Names(HarnessConfig config, string column) =>
        Texts(
                new List<object?>
                {
                    config.Text,
                    config.Target,
                    config.Choice,
                    config.Description,
                    config.Prefix,
                    config.Examples.Text,
                    config.Examples.Target,
                    config.Examples.Choice,
                    config.Examples.Prefix,
                }
            )
            .Any(t => Regex.IsMatch(t, $@"(?<!\w){Regex.Escape(column)}(?!\w)", RegexOptions.CultureInvariant));

    private static IEnumerable<string> Texts(object? value) =>
        value switch
        {
            string text => [text],
            List<object?> list => list.SelectMany(Texts),
            TemplateMap map => map.Keys.Concat(map.Values.SelectMany(Texts)),
            _ => [],
        };
}
