using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum sql</c></summary>
internal static class SqlCommand
{
    private static readonly HashSet<string> Fields = ["db_id", "gold", "predicted"];

    public static Command Create()
    {
        Option<string> databases = new("--databases")
        {
            Description = "A folder with DB/DB.sqlite for every database.",
            Required = true,
        };
        SqlOptions sql = new();
        Option<string> input = new("--input")
        {
            Description = "One JSON object per line: id, db_id, gold, predicted; - is standard input.",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "One verdict per line; - is standard output.",
            Required = true,
        };
        Command verb = new("sql", "Grade predicted SQL by executing it and the gold query.")
        {
            databases,
            input,
            output,
        };
        sql.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                using SqlSandbox sandbox = SqlSandbox.Open();
                string folder = parsed.GetRequiredValue(databases);
                GradedFile.Write(
                    parsed.GetRequiredValue(input),
                    parsed.GetRequiredValue(output),
                    Fields,
                    () => $"sql {Path.GetFullPath(folder)} {sql.Fingerprint(parsed)}",
                    Reader(folder, sql.Grader(sandbox, parsed)),
                    cancellation
                );
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    // Returns what checks a line and grades it. Every database is looked for once.
    private static Func<JsonLine, Func<JsonObject>> Reader(string databases, Func<string, string, string, Grade> grader)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        return line =>
        {
            string database = Text(line, "db_id");
            if (!files.TryGetValue(database, out string? file))
            {
                file = SpiderFolder.DatabaseIn(databases, database, line.Error);
                files.Add(database, file);
            }

            string gold = Text(line, "gold"),
                predicted = Text(line, "predicted");
            return () => Graded(line, grader(file, gold, predicted));
        };
    }

    private static string Text(JsonLine line, string name) =>
        line.Value[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw line.Error($"'{name}' must be a text");

    // A killed worker says nothing about the query. The item is named, so that it can be graded again.
    private static JsonObject Graded(JsonLine line, Grade grade)
    {
        if (grade.Verdict == SqlSandbox.WorkerKilled)
        {
            string id = Printable.Short(line.Value["id"]?.ToJsonString(JsonLines.Output) ?? "");
            Notices.Warn($"{line.File} line {line.Number}: item {id} is unscored: {grade.Reason}");
        }

        return new JsonObject
        {
            ["score"] = grade.Score,
            ["verdict"] = grade.Verdict,
            ["reason"] = grade.Reason,
        };
    }
}
