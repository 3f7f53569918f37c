using System.CommandLine;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum grade</c></summary>
internal static class GradeCommand
{
    public static Command Create()
    {
        Option<string> task = new("--task")
        {
            Description = $"How replies are graded: {string.Join(", ", GradeLines.Names())}.",
            Required = true,
        };
        Option<string?> databases = new("--databases")
        {
            Description = "For sql: a folder with DB/DB.sqlite for every database.",
        };
        SqlOptions sql = new();
        Option<string> input = new("--input")
        {
            Description = "A JSON object per line: id, reply, and what the task needs; - is standard input.",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "One grade per line; - is standard output.",
            Required = true,
        };
        Command verb = new("grade", "Grade written replies by the rule of a task, without a model.")
        {
            task,
            databases,
            input,
            output,
        };
        sql.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                string name = parsed.GetRequiredValue(task);
                string? folder = parsed.GetValue(databases);
                using SqlSandbox? sandbox = name == GradeLines.Sql ? Sandbox.Open() : null;
                GradeLines lines = sandbox is null
                    ? GradeLines.Of(name)
                    : SqlGradeLines.Of(folder, sql.Grader(sandbox, parsed));
                GradedFile.Write(
                    parsed.GetRequiredValue(input),
                    parsed.GetRequiredValue(output),
                    lines.Fields,
                    () => $"grade {name} {Place(folder)} {sql.Fingerprint(parsed)}",
                    line => Grading(lines.Read(line)),
                    cancellation
                );
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    // A relative path means another folder in another working directory.
    private static string Place(string? folder) => folder is null ? "" : Path.GetFullPath(folder);

    private static Func<JsonObject> Grading(Func<ReplyGrade> grade) => () => Fields(Timed(grade));

    private static ReplyGrade Timed(Func<ReplyGrade> grade)
    {
        try
        {
            return grade();
        }
        catch (RegexMatchTimeoutException)
        {
            return new(null, "", ReplyGrade.Unscored, new Dictionary<string, double?>(), Reason: ReplyGrade.TooSlow);
        }
    }

    private static JsonObject Fields(ReplyGrade grade)
    {
        JsonObject scores = [];
        foreach ((string name, double? value) in grade.Scores)
        {
            scores[name] = value;
        }

        foreach ((string name, IReadOnlyList<double> values) in grade.Lists)
        {
            scores[name] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]);
        }

        return new JsonObject
        {
            ["score"] = grade.Score,
            ["scores"] = scores,
            ["prediction"] = grade.Prediction,
            ["verdict"] = grade.Verdict,
            ["rule"] = grade.Rule,
            ["reason"] = grade.Reason,
        };
    }
}
