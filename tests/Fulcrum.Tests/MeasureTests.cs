using Fulcrum.Comparisons;
using Fulcrum.Statistics;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Xunit;

namespace Fulcrum.Tests;

public sealed class MeasureTests
{
    [Theory]
    [InlineData("no-query", 0)]
    [InlineData("syntax-error", 0)]
    [InlineData("unknown-name", 1)]
    [InlineData("refused", 1)]
    [InlineData("time-limit", 2)]
    [InlineData("execution-error", 2)]
    [InlineData("wrong-result", 3)]
    [InlineData("correct", 4)]
    public void A_verdict_says_how_far_the_query_got(string verdict, int steps)
    {
        Assert.Equal(steps, SqlSteps.Reached(verdict));
        Assert.Equal(steps, SqlSteps.With(new Grade(0, "", verdict)).Measures!.Values.Sum());
    }

    [Fact]
    public void An_item_whose_gold_failed_has_no_steps() =>
        Assert.Null(SqlSteps.With(new Grade(null, "", "gold-failed")).Measures);

    [Fact]
    public void Steps_are_compared_whole_by_hardness_and_by_database()
    {
        Answer[] before =
        [
            Sql("1", "d1", "easy", "syntax-error"),
            Sql("2", "d1", "hard", "unknown-name"),
            Sql("3", "d2", "easy", "wrong-result"),
        ];
        Answer[] after =
        [
            Sql("3", "d2", "easy", "correct"),
            Sql("1", "d1", "easy", "correct"),
            Sql("2", "d1", "hard", "unknown-name"),
        ];

        PairedResult compared = PairedComparison.Of("spider", before, after);

        Assert.Equal(
            [(1.0 / 3, 2.0 / 3), (1.0 / 3, 2.0 / 3), (2.0 / 3, 1), (0, 2.0 / 3)],
            new[] { "executes", "names_exist", "parses", "right_result" }
                .Select(n => compared.Measures!.Single(m => m.Name == n))
                .Select(m => (m.Before, m.After))
        );
        Assert.Equal(
            [("cluster", "d1"), ("cluster", "d2"), ("group", "easy"), ("group", "hard")],
            compared.MeasureParts!.Select(p => (p.By, p.Part)).Order()
        );
        Assert.Equal(
            1,
            compared.MeasureParts!.Single(p => p.Part == "d2").Measures.Single(m => m.Name == "executes").Before
        );
    }

    [Fact]
    public void Calibration_error_is_the_mean_gap_between_confidence_and_accuracy_weighted_by_items()
    {
        // Ten answers at 0.95 of which six are right, ten at 0.55 of which five are right: 0.5 * 0.35 + 0.5 * 0.05.
        Answer[] answers =
        [
            .. Enumerable.Range(0, 20).Select(i => Chosen($"{i}", i < 10 ? 0.95 : 0.55, i < 10 ? i < 6 : i < 15)),
        ];

        Calibration calibration = MeasureStatistics.CalibrationOf(answers);

        Assert.Equal(0.2, calibration.Error, 12);
        Assert.Equal([(0.5, 10), (0.9, 10)], calibration.Bins.Select(b => (b.Low, b.Items)));
        Assert.Equal(0.3, calibration.Brier, 12);
    }

    [Fact]
    public void Choosing_an_option_differs_from_choosing_a_letter()
    {
        Answer[] before = [Form("q1", 0, 2), Form("q1", 1, 2), Form("q2", 0, 0), Form("q2", 1, 1)];
        Answer[] after = [Form("q1", 0, 2), Form("q1", 1, 3), Form("q2", 0, 0), Form("q2", 1, 1)];

        MeasureComparison same = PairedComparison
            .Of("order", before, after)
            .Measures!.Single(m => m.Name == "same_option");

        Assert.Equal((2, 0.5, 0.0), (same.Items, same.Before, same.After));
    }

    [Fact]
    public void Rows_that_repeat_a_question_are_no_orders_of_its_options()
    {
        Answer[] rows = [Form("q1", 0, 2), Form("q1", 0, 2) with { Id = "q2" }];

        Assert.DoesNotContain(MeasureStatistics.Of([.. rows.Zip(rows)]), m => m.Name == "same_option");
    }

    [Fact]
    public void Answers_keep_their_measures_through_a_file()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "a.jsonl");
        Answer answer = Chosen("1", 0.7, true) with
        {
            Stem = "s",
            Choice = 3,
            Threshold = 1,
            Success = true,
            Finish = "stop",
        };
        File.WriteAllText(path, System.Text.Json.JsonSerializer.Serialize(answer, Data.JsonLines.Output) + "\n");

        Answer read = AnswerFile.Read(path).Single();

        Assert.Equal(
            ("s", 3, 1.0, true, "stop", 0.7),
            (read.Stem, read.Choice, read.Threshold, read.Success, read.Finish, read.Measures!["confidence"])
        );
    }

    private static Answer Sql(string id, string database, string hardness, string verdict) =>
        new(
            id,
            database,
            hardness,
            verdict == "correct" ? 1 : 0,
            "",
            "",
            verdict,
            Measures: SqlSteps.With(new Grade(0, "", verdict)).Measures
        );

    private static Answer Chosen(string id, double confidence, bool right) =>
        new(
            id,
            "c",
            "g",
            right ? 1 : 0,
            "A",
            "A",
            right ? "correct" : "wrong",
            Measures: new Dictionary<string, double> { ["confidence"] = confidence, ["brier"] = 0.3 }
        );

    private static Answer Form(string stem, int rotation, int choice) =>
        new(
            rotation == 0 ? stem : $"{stem}/rotation/{rotation}",
            "c",
            "g",
            0,
            "A",
            "B",
            "wrong",
            Stem: stem,
            Choice: choice
        );
}
