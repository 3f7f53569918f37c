using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Sql;
using Fulcrum.Tasks.Spider;

namespace Fulcrum.Cli.Commands;

/// <summary>Lines of replies that hold a query: the query is extracted and executed like the gold query.</summary>
internal static class SqlGradeLines
{
    /// <summary>Returns the lines of <c>sql</c>.</summary>
    /// <param name="databases">The folder with <c>DB/DB.sqlite</c>.</param>
    /// <param name="execute">Grades (database file, gold, prediction).</param>
    /// <exception cref="InputException">No folder is given.</exception>
    public static GradeLines Of(string? databases, Func<string, string, string, Grade> execute)
    {
        string folder = databases ?? throw new InputException("grade --task sql needs --databases DIR");
        return new GradeLines(GradeLines.Set("db_id", "gold", "reply"), line => Read(folder, execute, line));
    }

    private static Func<ReplyGrade> Read(string folder, Func<string, string, string, Grade> execute, JsonLine line)
    {
        string database = GradeLines.Text(line, "db_id"),
            gold = GradeLines.Text(line, "gold"),
            reply = GradeLines.Text(line, "reply");
        string file = SpiderFolder.DatabaseIn(folder, database, line.Error);
        return () => Grade(execute, file, gold, reply);
    }

    private static ReplyGrade Grade(Func<string, string, string, Grade> execute, string file, string gold, string reply)
    {
        (string query, SqlRule rule) = SqlExtraction.Find(reply);
        Grade grade =
            query.Length == 0
                ? new Grade(0, "", "no-query", "the reply holds no query")
                : execute(file, gold, query) with
                {
                    Prediction = query,
                };
        Dictionary<string, double?> scores = new(StringComparer.Ordinal) { ["execution"] = grade.Score };
        string name = SqlExtraction.NameOf(rule);
        return new ReplyGrade(grade.Score, grade.Prediction, grade.Verdict, scores, name, grade.Reason);
    }
}
