using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Writing;
using Parquet.Schema;
using Parquet.Serialization;
using Xunit;

namespace Fulcrum.Tests;

public sealed class OwnTaskTests
{
    [Fact]
    public async Task The_same_rows_come_from_JSON_Lines_CSV_and_Parquet()
    {
        string lines = Written("a.jsonl", "{\"q\":\"one, \\\"two\\\"\",\"n\":3}\n{\"q\":\"zwei\\nZeilen\",\"n\":4}\n");
        string csv = Written("a.csv", "q,n\n\"one, \"\"two\"\"\",3\n\"zwei\nZeilen\",4\n");
        string parquet = Written("a.parquet", "");
        await using (FileStream stream = File.Create(parquet))
        {
            await ParquetSerializer.SerializeUntypedAsync(
                [
                    new Dictionary<string, object?> { ["q"] = "one, \"two\"", ["n"] = 3 },
                    new Dictionary<string, object?> { ["q"] = "zwei\nZeilen", ["n"] = 4 },
                ],
                new ParquetSchema(new DataField<string>("q"), new DataField<int>("n")),
                stream,
                cancellationToken: TestContext.Current.CancellationToken
            );
        }

        Assert.All(
            new[] { lines, csv, parquet },
            file =>
                Assert.Equal(
                    [("one, \"two\"", "3"), ("zwei\nZeilen", "4")],
                    Table.Read(file).Select(r => (r.Text("q"), r.Text("n")))
                )
        );
    }

    [Theory]
    [InlineData("a.csv", "q,n\nx\n", "line 2: 1 fields where the header has 2")]
    [InlineData("a.csv", "q,n\n\"x\ny\",1\nz\n", "line 4")]
    [InlineData("a.csv", "q,q\nx,y\n", "twice")]
    [InlineData("a.csv", "q,n\n\"a\"b,1\n", "line 2")]
    [InlineData("a.csv", "q,n\n", "no row")]
    [InlineData("a.jsonl", "{\"q\":1}\n[]\n", "line 2")]
    [InlineData("a.parquet", "not parquet", "Parquet")]
    [InlineData("a.txt", "x", ".txt")]
    public void A_malformed_file_is_named_with_its_line(string name, string text, string says)
    {
        string path = Written(name, text);

        string message = Assert.Throws<InputException>(() => Table.Read(path)).Message;

        Assert.Contains(says, message);
        Assert.Contains(name, message);
    }

    [Theory]
    [InlineData("""{"question":"?","options":["x","y"],"answer":"C"}""", "none of 2 options")]
    [InlineData("""{"question":"?","options":["x"],"answer":"A"}""", "1 options")]
    [InlineData("""{"question":"?","options":"x","answer":"A"}""", "must hold a list")]
    [InlineData("""{"question":"?","answer":"A"}""", "no column 'options'; there are question, answer")]
    [InlineData("""{"question":null,"options":["x","y"],"answer":"A"}""", "'question' holds nothing")]
    public void A_row_that_is_no_question_is_named(string row, string says)
    {
        string path = Written("q.jsonl", """{"question":"?","options":["x","y"],"answer":"A"}""" + "\n" + row + "\n");

        string message = Assert
            .Throws<InputException>(() => MultipleChoiceTask.Open(new MultipleChoicePlan("own", path), 1))
            .Message;

        Assert.Contains(says, message);
        Assert.Contains("q.jsonl line 2", message);
    }

    [Theory]
    [InlineData(1, "line 2: the answer is empty", "Also")]
    [InlineData(3, ". Also line 4: the answer is empty", "other fault")]
    [InlineData(4, ". 1 other fault", "line 5")]
    [InlineData(200, ". 97 or more other faults", "line 5")]
    public void The_first_rows_that_are_no_questions_are_named_together(int bad, string says, string unsaid)
    {
        const string Row = """{"question":"?","options":["x","y"],"answer":"A"}""" + "\n";
        string path = Written("q.jsonl", Row + string.Concat(Enumerable.Repeat(Row.Replace("\"A\"", "\"\""), bad)));

        string message = Assert
            .Throws<InputException>(() => MultipleChoiceTask.Open(new MultipleChoicePlan("own", path), 1))
            .Message;

        Assert.StartsWith(path + " line 2: ", message);
        Assert.Contains(says, message);
        Assert.DoesNotContain(unsaid, message);
    }

    [Theory]
    [InlineData("\"context\":\"a\"", "\"context\":\"b\"", "differs in the column 'context'")]
    [InlineData("\"context\":null", "\"context\":\"b\"", "differs in the column 'context'")]
    [InlineData("\"context\":null", "\"row_id\":7", null)]
    [InlineData("\"context\":[1]", "\"context\":[1]", null)]
    public void Equal_questions_that_differ_in_a_column_without_use_are_refused(string one, string two, string? says)
    {
        string Row(string more) => $"{{\"question\":\"?\",\"options\":[\"x\",\"y\"],\"answer\":\"A\",{more}}}\n";
        MultipleChoicePlan plan = new("own", Written("q.jsonl", Row(one) + Row(one) + Row(two)));

        if (says is null)
        {
            Assert.Equal(3, MultipleChoiceTask.Open(plan, 1).Items.Count);
        }
        else
        {
            string message = Assert.Throws<InputException>(() => MultipleChoiceTask.Open(plan, 1)).Message;
            Assert.Contains("line 3: it has the same question as line 1 and " + says, message);
        }
    }

    [Theory]
    [InlineData("letter", "b")]
    [InlineData("index", "1")]
    [InlineData("text", "green")]
    public void The_right_option_may_be_given_by_letter_place_or_text(string form, string answer)
    {
        string path = Written("q.csv", $"question,x,y,z,answer,topic\nWhich?,red,green,blue,{answer},colours\n");

        ChoiceTask benchmark = MultipleChoiceTask.Open(
            new MultipleChoicePlan(
                "own",
                path,
                Options: ["x", "y", "z"],
                AnswerForm: EnumNames.Parse<AnswerForm>(form, "answerForm"),
                Cluster: "topic"
            ),
            1
        );

        Assert.Equal(
            ("q/0", "colours", "B"),
            (benchmark.Items[0].Id, benchmark.Items[0].Cluster, benchmark.Items[0].Target)
        );
        Assert.Equal(1.0 / 3, benchmark.ChanceAccuracy!.Value, 12);
        Assert.EndsWith(
            "Which?\nA. red\nB. green\nC. blue\nAnswer:",
            ((Prompt.Text)benchmark.Ask(benchmark.Items[0]).Prompt).Value
        );
    }

    [Theory]
    [InlineData("exact", "Paris", " Paris\n", 1)]
    [InlineData("exact", "Paris", "paris", 0)]
    [InlineData("normalised", "The Eiffel Tower", "eiffel tower!", 1)]
    [InlineData("normalised", "Paris", "Paris, France", 0)]
    [InlineData("number", "1200", "That makes 30 x 40 = 1,200.", 1)]
    [InlineData("number", "-2.5", "about -2.50", 1)]
    [InlineData("number", "3", "3.1", 0)]
    [InlineData("regex", "^pa.is$", "paris", 1)]
    [InlineData("regex", "^pa.is$", "in paris", 0)]
    [InlineData("contains", "Paris", "It is Paris of course", 1)]
    [InlineData("contains", "Paris", "It is Rome", 0)]
    public void Free_answers_are_matched_as_the_study_says(string matching, string target, string reply, int score)
    {
        WritingTask benchmark = Generation(
            target,
            new GenerationPlan("own", "", Matching: EnumNames.Parse<Matching>(matching, "matching"))
        );

        Assert.Equal(score, benchmark.Grade(benchmark.Items[0], new Reply.Written(reply, FinishReason.Stop, 3)).Score);
    }

    [Fact]
    public void A_pattern_that_runs_wild_is_stopped_and_finds_nothing()
    {
        WritingTask benchmark = Generation(
            "^(a+)+$",
            new GenerationPlan("own", "", Matching: Matching.Regex, RegexTimeLimitSeconds: 0.05)
        );

        Grade grade = benchmark.Grade(
            benchmark.Items[0],
            new Reply.Written(new string('a', 40) + "!", FinishReason.Stop, 3)
        );

        Assert.Equal((0, "time-limit"), (grade.Score, grade.Verdict));
    }

    [Fact]
    public void An_answer_is_extracted_first_and_a_reply_without_it_is_unparsable()
    {
        WritingTask benchmark = Generation(
            "7",
            new GenerationPlan("own", "", Matching: Matching.Number, Extract: "Result: (.*)")
        );

        Assert.Equal(
            1,
            benchmark
                .Grade(benchmark.Items[0], new Reply.Written("8 or 9. Result: 7 apples", FinishReason.Stop, 3))
                .Score
        );
        Assert.Equal(
            "unparsable",
            benchmark.Grade(benchmark.Items[0], new Reply.Written("7", FinishReason.Stop, 3)).Verdict
        );
    }

    [Fact]
    public void A_sample_of_rows_takes_equal_shares_of_the_clusters()
    {
        string path = Written(
            "g.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 30)
                    .Select(i => $$"""{"prompt":"p{{i}}","target":"t","from":"{{(i < 20 ? "x" : "y")}}"}""" + "\n")
            )
        );

        ITask benchmark = WritingTask.Open(new GenerationPlan("own", path, Cluster: "from", Items: 10), 42);

        Assert.Equal([("x", 5), ("y", 5)], benchmark.Items.GroupBy(i => i.Cluster).Select(g => (g.Key, g.Count())));
        Assert.Equal(
            benchmark.Items,
            WritingTask.Open(new GenerationPlan("own", path, Cluster: "from", Items: 10), 42).Items
        );
    }

    [Fact]
    public void Any_of_several_targets_counts()
    {
        string path = Written("g.jsonl", """{"prompt":"p","target":["UK","United Kingdom"]}""" + "\n");
        WritingTask benchmark = WritingTask.Open(new GenerationPlan("own", path, Matching: Matching.Normalised), 42);

        Assert.Equal(
            1,
            benchmark.Grade(benchmark.Items[0], new Reply.Written("united kingdom.", FinishReason.Stop, 3)).Score
        );
    }

    private static WritingTask Generation(string target, GenerationPlan plan) =>
        WritingTask.Open(
            plan with
            {
                File = Written(
                    "g.jsonl",
                    new System.Text.Json.Nodes.JsonObject { ["prompt"] = "p", ["target"] = target }.ToJsonString()
                        + "\n"
                ),
            },
            42
        );

    private static string Written(string name, string text)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
