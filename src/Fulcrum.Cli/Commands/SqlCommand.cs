using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum sql</c></summary>
internal static class SqlCommand
{
    private static readonly HashSet<string> Fields = ["db_id", "gold", "predicted"];
    private static readonly JsonSerializerOptions Written = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

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
                Func<string, string, string, Grade> grader = sql.Grader(sandbox, parsed);
                ChunkedFile.Write(
                    parsed.GetRequiredValue(input),
                    Fields,
                    parsed.GetRequiredValue(output),
                    () => $"sql {Path.GetFullPath(folder)} {sql.Fingerprint(parsed)}",
                    lines => Answers(grader, folder, lines, cancellation)
                );
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    // All lines are checked before any is graded, so that the first malformed line is named.
    private static string[] Answers(
        Func<string, string, string, Grade> grader,
        string databases,
        JsonLine[] lines,
        CancellationToken cancellation
    )
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        (string Database, string Gold, string Predicted)[] pairs =
        [
            .. lines.Select(line => Pair(databases, files, line)),
        ];
        string[] answers = new string[lines.Length];
        Parallel.For(
            0,
            lines.Length,
            new ParallelOptions { CancellationToken = cancellation },
            i =>
            {
                Grade grade = grader(pairs[i].Database, pairs[i].Gold, pairs[i].Predicted);
                Warn(lines[i], grade);
                answers[i] = Answer(lines[i], grade).ToJsonString(Written);
            }
        );
        return answers;
    }

    // A killed worker says nothing about the query. The item is named, so that it can be graded again.
    private static void Warn(JsonLine line, Grade grade)
    {
        if (grade.Verdict == SqlSandbox.WorkerKilled)
        {
            string id = Printable.Short(line.Value["id"]?.ToJsonString(Written) ?? "");
            Console.Error.WriteLine($"warning: {line.File} line {line.Number}: item {id} is unscored: {grade.Reason}");
        }
    }

    private static (string Database, string Gold, string Predicted) Pair(
        string databases,
        Dictionary<string, string> files,
        JsonLine line
    )
    {
        string Text(string name) =>
            line.Value[name] is JsonValue v && v.TryGetValue(out string? text)
                ? text
                : throw line.Error($"'{name}' must be a text");
        string database = Text("db_id");
        if (!files.TryGetValue(database, out string? file))
        {
            file = SpiderFolder.DatabaseIn(databases, database, line.Error);
            files.Add(database, file);
        }

        return (file, Text("gold"), Text("predicted"));
    }

    private static JsonObject Answer(JsonLine line, Grade grade)
    {
        JsonObject answer = new()
        {
            ["id"] = line.Value["id"]?.DeepClone(),
            ["score"] = grade.Score,
            ["verdict"] = grade.Verdict,
            ["reason"] = grade.Reason,
        };
        if (line.Value.ContainsKey("meta"))
        {
            answer["meta"] = line.Value["meta"]?.DeepClone();
        }

        return answer;
    }
}
