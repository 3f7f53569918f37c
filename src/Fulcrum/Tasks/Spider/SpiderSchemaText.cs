using System.Text;
using System.Text.Json.Serialization;

namespace Fulcrum.Tasks.Spider;

/// <summary>How a prompt shows the tables of a database.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SchemaStyle>))]
public enum SchemaStyle
{
    /// <summary>A line for each table with types and primary keys, then the foreign keys.</summary>
    [JsonStringEnumMemberName("described")]
    Described,

    /// <summary>A line for each table with the names of its columns.</summary>
    [JsonStringEnumMemberName("columns")]
    Columns,

    /// <summary>A CREATE TABLE statement for each table.</summary>
    [JsonStringEnumMemberName("create-table")]
    CreateTable,

    /// <summary>The same with the first three rows of each table (Rajkumar et al. 2022, arXiv:2204.00498, section
    /// 3).</summary>
    [JsonStringEnumMemberName("create-table-rows")]
    CreateTableRows,
}

/// <summary>The tables of a database as text for a prompt.</summary>
internal static class SpiderSchemaText
{
    private const int SampleRows = 3;

    /// <summary>Returns the text, which ends with a line break.</summary>
    /// <param name="foreignKeys">Whether foreign keys are shown; null: as the style does.</param>
    /// <param name="file">The database, for sample rows.</param>
    public static string Of(SpiderSchema schema, SchemaStyle style, bool? foreignKeys, string file)
    {
        bool keys = foreignKeys ?? style == SchemaStyle.Described;
        SpiderSchema shown = keys ? schema : schema with { ForeignKeys = [] };
        return style switch
        {
            SchemaStyle.Described => SpiderPrompt.Describe(shown),
            SchemaStyle.Columns => Columns(shown),
            _ => string.Join('\n', shown.Tables.Select(t => Created(shown, t, style, file))),
        };
    }

    private static string Columns(SpiderSchema schema)
    {
        StringBuilder text = new();
        foreach (SpiderTable table in schema.Tables)
        {
            text.Append(table.Name).Append(": ").AppendJoin(", ", table.Columns.Select(c => c.Name)).Append('\n');
        }

        foreach ((string from, string to) in schema.ForeignKeys)
        {
            text.Append(from).Append(" = ").Append(to).Append('\n');
        }

        return text.ToString();
    }

    private static string Created(SpiderSchema schema, SpiderTable table, SchemaStyle style, string file)
    {
        string[] primary = [.. table.Columns.Where(c => c.IsPrimaryKey).Select(c => c.Name)];
        IEnumerable<string> keys = schema
            .ForeignKeys.Select(k => (From: Parts(k.From), To: Parts(k.To)))
            .Where(k => k.From.Table == table.Name)
            .Select(k => $"FOREIGN KEY ({Name(k.From.Column)}) REFERENCES {Name(k.To.Table)} ({Name(k.To.Column)})");
        string[] lines =
        [
            .. table.Columns.Select(c => $"{Name(c.Name)} {c.Type}".TrimEnd()),
            .. primary.Length > 0 ? [$"PRIMARY KEY ({string.Join(", ", primary.Select(Name))})"] : (string[])[],
            .. keys,
        ];
        string created = $"CREATE TABLE {Name(table.Name)} (\n{string.Join(",\n", lines.Select(l => "  " + l))}\n);\n";
        return style == SchemaStyle.CreateTable ? created : created + Rows(table, file);
    }

    private static string Rows(SpiderTable table, string file)
    {
        IReadOnlyList<string?[]> rows = SqliteSchema.Rows(file, table, SampleRows);
        string Line(IEnumerable<string?> values) => string.Join('\t', values.Select(v => v ?? "NULL")) + "\n";
        return $"/*\nFirst {rows.Count} rows of {table.Name}:\n{Line(table.Columns.Select(c => c.Name))}"
            + $"{string.Concat(rows.Select(Line))}*/\n";
    }

    private static (string Table, string Column) Parts(string full)
    {
        int dot = full.IndexOf('.', StringComparison.Ordinal);
        return (full[..dot], full[(dot + 1)..]);
    }

    private static string Name(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0])
            ? name
            : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
