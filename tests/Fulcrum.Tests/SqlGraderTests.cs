using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Tests;

public sealed class SqlGraderTests
{
    [Theory]
    [InlineData("official", "exec_match")]
    [InlineData("notebook", "set_match")]
    public void Every_pair_gets_the_reference_verdict(string semantics, string verdict)
    {
        SqlGrader grader = new(semantics, new SqlLimits());
        int count = 0;
        foreach (
            JsonNode pair in File.ReadLines(SharedData.Of("data", "spider", "official_eval", "pairs.jsonl"))
                .Select(l => JsonNode.Parse(l)!)
        )
        {
            if (semantics == "notebook" && pair["gold_error_raw"] is not null)
            {
                continue;
            }

            Grade grade = grader.Grade(
                Database((string)pair["db_id"]!),
                (string)pair["gold"]!,
                (string)pair["predicted"]!
            );
            Assert.Equal((int?)pair[verdict], grade.Score);
            count++;
        }

        Assert.True(count > 1000);
    }

    [Fact]
    public void Every_gold_query_of_dev_matches_itself()
    {
        SqlGrader grader = new("official", new SqlLimits());
        IReadOnlyList<SpiderExample> dev = SpiderFolder.Open(SharedData.Of("data", "spider")).Dev();

        Assert.Equal(1034, dev.Sum(e => grader.Grade(Database(e.DbId), e.Query, e.Query).Score));
    }

    [Theory]
    [MemberData(nameof(HostileStatements.Interruptible), MemberType = typeof(HostileStatements))]
    public void A_hostile_statement_is_stopped_and_changes_nothing(string statement)
    {
        string database = Database("concert_singer"),
            before = Sha256.OfFile(database);
        SqlGrader grader = new("official", new SqlLimits(Seconds: 0.3, Rows: 10_000, Bytes: 1 << 24));
        long start = Stopwatch.GetTimestamp();

        Grade grade = grader.Grade(database, "SELECT count(*) FROM singer", statement);

        Assert.Equal(0, grade.Score);
        Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 5);
        Assert.Equal(before, Sha256.OfFile(database));
        Assert.Equal(1, grader.Grade(database, "SELECT count(*) FROM singer", "SELECT count(*) FROM singer").Score);
    }

    [Theory]
    [InlineData("official", 1)]
    [InlineData("strict", 0)]
    [InlineData("notebook", 0)]
    [InlineData("bird", 0)]
    public void A_second_statement_never_runs_and_only_the_official_evaluation_ignores_it(string semantics, int score)
    {
        string database = Database("concert_singer"),
            before = Sha256.OfFile(database);
        const string Gold = "SELECT count(*) FROM singer";

        Grade grade = new SqlGrader(semantics, new SqlLimits()).Grade(database, Gold, Gold + "; DELETE FROM singer");

        Assert.Equal(score, grade.Score);
        Assert.Equal(before, Sha256.OfFile(database));
    }

    [Fact]
    public void A_gold_query_that_fails_is_unscored_not_wrong()
    {
        Grade grade = new SqlGrader("official", new SqlLimits()).Grade(
            Database("concert_singer"),
            "SELECT * FROM nowhere",
            "SELECT 1"
        );

        Assert.Null(grade.Score);
        Assert.Equal("gold-failed", grade.Verdict);
    }

    [Theory]
    [InlineData("SELECT name, age FROM singer", "SELECT age, name FROM singer", "official", 1)]
    [InlineData("SELECT name, age FROM singer", "SELECT age, name FROM singer", "strict", 0)]
    [InlineData("SELECT name FROM singer ORDER BY age", "SELECT name FROM singer ORDER BY age DESC", "official", 0)]
    [InlineData("SELECT DISTINCT country FROM singer", "SELECT country FROM singer", "official", 1)]
    [InlineData("SELECT DISTINCT country FROM singer", "SELECT country FROM singer", "strict", 0)]
    [InlineData("SELECT DISTINCT country FROM singer", "SELECT country FROM singer", "notebook", 1)]
    [InlineData("SELECT country FROM singer WHERE 1 = 0", "", "notebook", 1)]
    [InlineData("SELECT country FROM singer", "", "notebook", 0)]
    [InlineData("SELECT country FROM singer WHERE 1 = 0", "", "strict", 0)]
    public void The_semantics_differ_where_they_say(string gold, string predicted, string semantics, int score) =>
        Assert.Equal(
            score,
            new SqlGrader(semantics, new SqlLimits()).Grade(Database("concert_singer"), gold, predicted).Score
        );

    private static string Database(string id) => SharedData.Of("data", "spider", "database", id, id + ".sqlite");
}
