using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Evaluation;
using Fulcrum.Evaluation.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum sql</c></summary>
internal static class SqlCommand
{
    private static readonly HashSet<string> Fields = ["db_id", "gold", "predicted"];
    private static readonly JsonSerializerOptions Written = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        Option<string> databases = new("--databases") { Description = "A folder with DB/DB.sqlite for every database.", Required = true };
        Option<string> semantics = new("--semantics") { Description = "official, strict or notebook: what counts as the same result.", DefaultValueFactory = _ => "official" };
        Option<double> limit = new("--time-limit") { Description = "Seconds that one query may take.", DefaultValueFactory = _ => 5 };
        Option<string> input = new("--input") { Description = "A JSON object a line: id, db_id, gold, predicted; - is standard input.", Required = true };
        Option<string> output = new("--output") { Description = "A verdict a line; - is standard output.", Required = true };
        semantics.AcceptOnlyFromAmong("official", "strict", "notebook");
        Command verb = new("sql", "Grade predicted SQL by executing it beside the gold query.") { databases, semantics, limit, input, output };
        verb.SetAction((parsed, cancellation) =>
        {
            using SqlSandbox sandbox = Sandbox.Open();
            Run(sandbox.Grader(parsed.GetRequiredValue(semantics), new SqlLimits(parsed.GetRequiredValue(limit))), parsed.GetRequiredValue(databases), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Run(Func<string, string, string, Grade> grader, string databases, string input, string output, CancellationToken cancellation)
    {
        void Answer(StreamWriter writer)
        {
            foreach (JsonLine[] lines in JsonLines.Read(input, Fields).Chunk(256))
            {
                cancellation.ThrowIfCancellationRequested();
                string[] answers = new string[lines.Length];
                Parallel.For(0, lines.Length, i => answers[i] = Graded(grader, databases, lines[i]).ToJsonString(Written));
                Array.ForEach(answers, writer.WriteLine);
            }
        }

        if (output == "-")
        {
            using StreamWriter writer = JsonLines.Create(output);
            Answer(writer);
            return;
        }

        AtomicFile.Write(output, stream =>
        {
            using StreamWriter writer = new(stream, new System.Text.UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            Answer(writer);
        });
    }

    private static JsonObject Graded(Func<string, string, string, Grade> grader, string databases, JsonLine line)
    {
        string Text(string name) => line.Value[name] is JsonValue v && v.TryGetValue(out string? text) ? text : throw line.Error($"'{name}' must be a text");
        string database = Text("db_id");
        if (!InnerPath.IsPlainName(database))
        {
            throw line.Error($"the db_id '{database}' is not the name of a folder");
        }

        Grade grade = grader(Path.Combine(databases, database, database + ".sqlite"), Text("gold"), Text("predicted"));
        JsonObject answer = new() { ["id"] = line.Value["id"]?.DeepClone(), ["score"] = grade.Score, ["verdict"] = grade.Verdict, ["reason"] = grade.Reason };
        if (line.Value.ContainsKey("meta"))
        {
            answer["meta"] = line.Value["meta"]?.DeepClone();
        }

        return answer;
    }
}
