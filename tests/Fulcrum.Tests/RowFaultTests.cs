using Fulcrum.Data;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Faults of custom files are named with their lines: what cannot be read is refused, what cannot be measured
/// fairly is warned of.</summary>
public sealed class RowFaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("B", "A", "D", "", "line 4: the answer is empty")]
    [InlineData("B", "A", "D", "  ", "line 4: the answer is empty")]
    [InlineData("B", "", "D", "C", "line 2: the answer is empty")]
    [InlineData("B", "A", "D", "Paris", "line 4: the answer 'Paris' in the column 'answer' is none of 4 options")]
    [InlineData("E", "A", "D", "C", "line 1: the answer 'E'")]
    [InlineData("B", "A", "2", "C", "line 3: the answer '2'")]
    [InlineData("0", "3", "", "1", "line 3: the answer is empty")]
    [InlineData("0", "x", "1", "3", "line 2: the answer 'x'")]
    [InlineData("1", "4", "2", "9", "line 4: the answer '9'")]
    [InlineData("red", "blue", "B", "grey", "line 3: the answer 'B'")]
    [InlineData("red", "blue", "", "grey", "line 3: the answer is empty")]
    public void The_line_that_does_not_fit_the_others_is_named(string a, string b, string c, string d, string says)
    {
        string[] answers = [a, b, c, d];
        string path = Written(
            "q.jsonl",
            answers.Select(
                (x, i) => $$"""{"question":"q{{i}}","options":["red","green","blue","grey"],"answer":"{{x}}"}"""
            )
        );

        Assert.Contains($"q.jsonl {says}", Refusal(path));
    }

    [Theory]
    [InlineData("""{"kind":"mmlu","name":3}""", "name is 3; wanted: text in quotation marks")]
    [InlineData("""{"kind":["mmlu"]}""", """kind is ["mmlu"]; wanted: text in quotation marks""")]
    public void A_task_file_with_another_value_than_a_text_is_one_sentence(string task, string says) =>
        Assert.Contains(
            $"t.json: {says}",
            Assert
                .Throws<InputException>(() => new TaskReference(_ => "", alone: true).Plan(Written("t.json", [task])))
                .Message
        );

    [Fact]
    public void A_preset_without_a_folder_behind_its_equals_sign_is_one_sentence() =>
        Assert.Contains(
            "core= is no folder",
            Assert.Throws<InputException>(() => TaskReference.Preset("core=")).Message
        );

    [Fact]
    public void A_table_with_an_empty_answer_names_its_line() =>
        Assert.Contains(
            "q.csv line 3: the answer is empty",
            Refusal(Written("q.csv", ["question,A,B,answer", "q1,x,y,B", "q2,x,y,", "q3,x,y,A"]))
        );

    [Theory]
    [InlineData("exact")]
    [InlineData("number")]
    [InlineData("regex")]
    public void A_written_answer_must_not_be_empty(string matching)
    {
        string path = Written("w.jsonl", ["""{"question":"q1","answer":"1"}""", """{"question":"q2","answer":" "}"""]);
        GenerationPlan plan = new("own", path, Matching: EnumNames.Parse<Matching>(matching, "matching"));

        Assert.Contains(
            "w.jsonl line 2: the answer is empty",
            Assert.Throws<InputException>(() => WritingTask.Open(plan, 1)).Message
        );
    }

    [Theory]
    [InlineData("10", "12", "15", "text")]
    [InlineData("B", "A", "C", "letter")]
    public void Options_that_look_like_letters_or_places_are_still_recognised(string a, string b, string c, string form)
    {
        string path = Written(
            "q.jsonl",
            [$$"""{"question":"q","options":["{{a}}","{{b}}","{{c}}"],"answer":"{{b}}"}"""]
        );

        Assert.Equal(form, EnumNames.Of(((MultipleChoicePlan)new TaskReference(_ => "").Plan(path)).AnswerForm));
    }

    [Fact]
    public void Equal_questions_with_different_answers_are_told_with_lines_and_answers()
    {
        string[] written = Doubts(
                """{"question":"Capital of France","answer":"Paris"}""",
                """{"question":"Capital of France","answer":"Paris"}""",
                """{"question":"Capital of France","answer":"Lyon"}"""
            ),
            choice = Doubts(
                """{"question":"Which?","options":["x","y"],"answer":"A"}""",
                """{"question":"Which?","options":["y","x"],"answer":"A"}""",
                """{"question":"Which?","options":["x","z"],"answer":"B"}"""
            );

        Assert.Contains(
            written,
            d =>
                d.Contains("line 1 and line 3 ask the same question with different answers, 'Paris' and 'Lyon'")
                && d.Contains("several answers may be right")
        );
        Assert.Contains(choice, d => d.Contains("line 1 and line 2") && d.Contains("'x' and 'y'"));
    }

    [Fact]
    public void Answers_that_match_the_same_replies_do_not_contradict()
    {
        string path = Written(
            "w.jsonl",
            ["""{"question":"q","answer":"Paris"}""", """{"question":"q","answer":"paris."}"""]
        );

        Assert.DoesNotContain(
            ((ITask)WritingTask.Open(new GenerationPlan("own", path, Matching: Matching.Normalised), 1)).Doubts(null),
            d => d.Contains("different answers")
        );
    }

    [Fact]
    public void Empty_questions_are_told()
    {
        Assert.Contains(
            "line 2: the question is empty",
            Assert.Single(Doubts("""{"question":"q","answer":"x"}""", """{"question":" ","answer":"y"}"""))
        );
        Assert.Contains(
            "line 1: the question is empty",
            Assert.Single(
                Doubts(
                    """{"question":"","options":["x","y"],"answer":"A"}""",
                    """{"question":"q","options":["x","y"],"answer":"B"}"""
                )
            )
        );
    }

    [Theory]
    [InlineData("A", true)]
    [InlineData("B", false)]
    public void Equal_options_are_told_and_whether_the_right_one_is_among_them(string answer, bool unfair)
    {
        string doubt = Assert.Single(
            Doubts(
                """{"question":"q1","options":["x","y","z"],"answer":"C"}""",
                $$"""{"question":"q2","options":["x","y","x "],"answer":"{{answer}}"}"""
            )
        );

        Assert.Contains("line 2: the options A and C are the same, 'x'", doubt);
        Assert.Equal(unfair, doubt.Contains("cannot be answered fairly"));
    }

    [Fact]
    public void An_empty_option_is_told() =>
        Assert.Contains(
            "line 2: the option B is empty",
            Assert.Single(
                Doubts(
                    """{"question":"q1","options":["x","y"],"answer":"B"}""",
                    """{"question":"q2","options":["x"," "],"answer":"A"}"""
                )
            )
        );

    [Fact]
    public void A_letter_that_is_always_right_is_told_unless_rotations_move_it()
    {
        string path = Written(
            "q.jsonl",
            Enumerable.Range(0, 4).Select(i => $$"""{"question":"q{{i}}","options":["x","y{{i}}"],"answer":"B"}""")
        );
        string[] Doubts(int rotations) =>
            [
                .. (
                    (ITask)MultipleChoiceTask.Open(new MultipleChoicePlan("own", path, Rotations: rotations), 1)
                ).Doubts(null),
            ];

        Assert.Contains(
            "all 4 items is B, so a model that always gives this answer scores 100%",
            Assert.Single(Doubts(0))
        );
        Assert.Empty(Doubts(1));
    }

    [Theory]
    [InlineData("""{"question":"Q","answer":"yes"}""", "'yes'")]
    [InlineData("""{"question":"Q","answer":["yes","no"]}""", "'yes'")]
    [InlineData("""{"question":"Q","options":["x","yes"],"answer":"B"}""", "'yes'")]
    public void An_answer_that_is_always_right_is_told(string row, string shown)
    {
        string doubt = Assert.Single(
            Doubts([.. Enumerable.Range(0, 3).Select(i => row.Replace("Q", $"question {i}"))])
        );

        Assert.Contains($"the right answer of all 3 items is {shown}, so a model that always gives this answer", doubt);
        Assert.Contains("Add items with other answers", doubt);
    }

    [Fact]
    public void A_pattern_that_every_item_shares_is_no_constant_answer()
    {
        string path = Written("w.jsonl", [.. "abc".Select(q => $$"""{"question":"{{q}}","answer":"^[0-9]+$"}""")]);
        WritingTask task = WritingTask.Open(new("own", path, Matching: Matching.Regex), 1);

        Assert.DoesNotContain(task.DoubtsOf(task.Items, null), d => d.Contains("always gives this answer"));
    }

    [Fact]
    public void A_single_item_and_different_answers_are_no_constant_answer()
    {
        Assert.Empty(Doubts("""{"question":"q","answer":"x"}"""));
        Assert.Empty(Doubts("""{"question":"q1","answer":"x"}""", """{"question":"q2","answer":"y"}"""));
    }

    [Fact]
    public void Of_many_faults_the_first_are_named_and_the_others_counted()
    {
        string doubt = Assert.Single(
            Doubts([
                .. Enumerable.Range(0, 5).Select(i => $$"""{"question":"{{new string(' ', i)}}","answer":"x{{i}}"}"""),
            ]),
            d => d.Contains("is empty")
        );

        Assert.Contains("line 3: the question is empty; and 2 more.", doubt);
    }

    [Theory]
    [InlineData("""{"question":"q","topic":"a","answer":"x"}""", """{"question":"q","topic":"b","answer":"x"}""")]
    [InlineData(
        """{"question":"q","topic":"a","options":["x","y"],"answer":"A"}""",
        """{"question":"q","topic":"b","options":["x","y"],"answer":"A"}"""
    )]
    public void The_refusal_of_an_unused_column_names_the_keys(string first, string second)
    {
        string message = Refusal(Written("q.jsonl", [first, second]));

        Assert.Contains("'topic'", message);
        Assert.All(new[] { "template", "id", "cluster", "group" }, key => Assert.Contains($"'{key}'", message));
    }

    private string[] Doubts(params string[] rows) => [.. Opened(Written("own.jsonl", rows)).Doubts(null)];

    private static string Refusal(string path) => Assert.Throws<InputException>(() => Opened(path)).Message;

    private static ITask Opened(string path) =>
        new TaskReference(_ => "").Plan(path) switch
        {
            MultipleChoicePlan choice => MultipleChoiceTask.Open(choice, 1),
            GenerationPlan written => WritingTask.Open(written, 1),
            _ => throw new InvalidOperationException(),
        };

    private string Written(string name, IEnumerable<string> lines)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
