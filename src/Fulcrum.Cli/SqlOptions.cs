using System.CommandLine;
using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli;

/// <summary>How predicted SQL is graded, for the verbs that execute it.</summary>
internal sealed class SqlOptions
{
    private const double LongestSeconds = 86_400;
    private readonly Option<string> semantics = new("--semantics")
    {
        Description = $"For SQL: which results are equal: {string.Join(", ", EnumNames.All<SqlSemantics>())}.",
        DefaultValueFactory = _ => EnumNames.Of(SqlSemantics.Official),
    };
    private readonly Option<double> limit = new("--time-limit")
    {
        Description = "For SQL: seconds of processor time per query. The wall-clock limit is ten times this value.",
        DefaultValueFactory = _ => 5,
    };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        semantics.AcceptOnlyFromAmong([.. EnumNames.All<SqlSemantics>()]);
        limit.Validators.Add(r =>
        {
            if (r.Tokens.Count > 0 && r.GetValueOrDefault<double>() is not (> 0 and <= LongestSeconds))
            {
                r.AddError("--time-limit must be above 0 and at most 86400 seconds");
            }
        });
        verb.Options.Add(semantics);
        verb.Options.Add(limit);
    }

    /// <summary>Returns a grader of (database file, gold, prediction).</summary>
    public Func<string, string, string, Grade> Grader(SqlSandbox sandbox, ParseResult parsed) =>
        sandbox.Grader(parsed.GetRequiredValue(semantics), new SqlLimits(parsed.GetRequiredValue(limit)));

    /// <summary>Returns the values of the options: interrupted grading is resumed only with the same.</summary>
    public string Fingerprint(ParseResult parsed) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{parsed.GetRequiredValue(semantics)} {parsed.GetRequiredValue(limit):R}"
        );
}
