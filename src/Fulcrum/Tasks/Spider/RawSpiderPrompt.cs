using Fulcrum.Models;

namespace Fulcrum.Tasks.Spider;

/// <summary>The question about a database as plain text after three worked examples, without the model's chat
/// template: what a base model that only continues text would need.</summary>
internal static class RawSpiderPrompt
{
    /// <summary>The text that comes before the query.</summary>
    public const string Marker = "SQL:";

    private const string Beginning = """
        Turn each question into one SQLite query over the tables that are given.

        Tables:
        lake: id, name, depth, country
        Question: What are the names of all lakes in Chile?
        SQL: SELECT name FROM lake WHERE country = 'Chile'

        Tables:
        baker: id, name, age
        loaf: id, baker_id, weight
        Question: How many loaves did each baker bake?
        SQL: SELECT T1.name, count(*) FROM baker AS T1 JOIN loaf AS T2 ON T1.id = T2.baker_id GROUP BY T1.id

        Tables:
        comet: id, name, period_years
        Question: Which comet has the longest period?
        SQL: SELECT name FROM comet ORDER BY period_years DESC LIMIT 1


        """;

    /// <summary>The prompt of a question.</summary>
    public static Prompt.Text Of(SpiderSchema schema, string question) =>
        new(
            $"{Beginning}Tables:\n"
                + string.Concat(schema.Tables.Select(Line))
                + $"Question: {question.Trim()}\n{Marker}"
        );

    private static string Line(SpiderTable table) =>
        $"{table.Name}: {string.Join(", ", table.Columns.Select(c => c.Name))}\n";
}
