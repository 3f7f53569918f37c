using System.Text;

namespace Fulcrum.Tasks.Spider;

/// <summary>The default prompt of a question about a database. The schema comes first, so all questions about a
/// database share it as a prefix.</summary>
internal static class SpiderPrompt
{
    /// <summary>The system message.</summary>
    internal const string System =
        "You translate questions about a database into SQLite queries. Answer with one query and nothing else.";

    /// <summary>The schema in words: a line a table with its columns, * at primary keys, then the foreign
    /// keys.</summary>
    public static string Describe(SpiderSchema schema)
    {
        StringBuilder text = new("Database:\n");
        foreach (SpiderTable table in schema.Tables)
        {
            text.Append(table.Name)
                .Append(" (")
                .AppendJoin(", ", table.Columns.Select(c => $"{c.Name}{(c.IsPrimaryKey ? "*" : "")} {c.Type}"))
                .Append(")\n");
        }

        foreach ((string from, string to) in schema.ForeignKeys)
        {
            text.Append(from).Append(" = ").Append(to).Append('\n');
        }

        return text.ToString();
    }
}
