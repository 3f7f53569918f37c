using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Grading.Choice;
using Fulcrum.Tasks.Mmlu;
using Xunit;

namespace Fulcrum.Tests;

public sealed class ChoiceReadingTests
{
    private static readonly string[] Options = ["a cat", "the dog", "Paris", "42"];

    [Theory]
    [InlineData("B", 1)]
    [InlineData(" B. the dog", 1)]
    [InlineData("(C)", 2)]
    [InlineData("**D**", 3)]
    [InlineData("The answer is C.", 2)]
    [InlineData("Answer: (A)", 0)]
    [InlineData("I would say it is Paris.", 2)]
    [InlineData("It is 42", 3)]
    [InlineData("A cat", 0)]
    public void Choice_is_extracted_from_a_reply(string text, int choice) =>
        Assert.Equal(choice, ChoiceExtraction.Choice(text, Options));

    [Theory]
    [InlineData("")]
    [InlineData("A dog is an animal")]
    [InlineData("E")]
    [InlineData("Paris or the dog")]
    [InlineData("the answer is A matter of taste")]
    [InlineData("421")]
    public void What_is_no_choice_is_unparsable(string text) => Assert.Null(ChoiceExtraction.Choice(text, Options));

    [Fact]
    public void A_rotation_moves_every_option_on_and_the_answer_with_it()
    {
        ChoiceForm form = new(new ChoiceQuestion("q", "c", "g", "?", Options, 3), 1);

        Assert.Equal(["42", "a cat", "the dog", "Paris"], form.Options);
        Assert.Equal(0, form.Answer);
        Assert.Equal(
            Options,
            form.Options.Select((_, shown) => (form.Original(shown), form.Options[shown]))
                .OrderBy(o => o.Item1)
                .Select(o => o.Item2)
        );
    }

    [Fact]
    public void Rotated_questions_are_compared_by_their_option()
    {
        ChoiceTask benchmark = Benchmark("letter", rotations: 3);

        Grade[] grades =
        [
            .. benchmark.Items.Select(
                (item, shown) =>
                    benchmark.Grade(
                        item,
                        Likely([.. Enumerable.Range(0, 4).Select(i => i == (2 + shown) % 4 ? -1.0 : -5)])
                    )
            ),
        ];

        Assert.Equal(4, benchmark.Items.Count);
        Assert.All(benchmark.Items, i => Assert.Equal("q1", i.Stem));
        Assert.All(grades, g => Assert.Equal((2, 1), (g.Choice, g.Score)));
        Assert.Equal(["C", "D", "A", "B"], grades.Select(g => g.Prediction));
    }

    [Fact]
    public void Letters_carry_their_probability_and_their_Brier_score()
    {
        ChoiceTask benchmark = Benchmark("letter");

        // Log-likelihoods ln 0.08, ln 0.02, ln 0.06, ln 0.04: probabilities 0.4, 0.1, 0.3, 0.2 among the four.
        Grade grade = benchmark.Grade(
            benchmark.Items[0],
            Likely(Math.Log(0.08), Math.Log(0.02), Math.Log(0.06), Math.Log(0.04))
        );

        Assert.Equal((0, "A"), (grade.Score, grade.Prediction));
        Assert.Equal(0.4, grade.Measures!["confidence"], 12);
        Assert.Equal(0.16 + 0.01 + 0.49 + 0.04, grade.Measures["brier"], 12);
    }

    [Fact]
    public void Cloze_shows_no_option_and_may_count_by_byte()
    {
        ChoiceTask whole = Benchmark("cloze"),
            perByte = Benchmark("cloze-normalised");
        Question.Choose asked = (Question.Choose)whole.Ask(whole.Items[0]);
        // "Paris" has 5 bytes, "42" 2: -6 against -3 as a whole, -1.2 against -1.5 per byte.
        Reply likely = Likely(-50, -50, -6, -3);

        Assert.Equal("Heading\n\nWhich?\nAnswer:", ((Prompt.Text)asked.Prompt).Value);
        Assert.Equal([" a cat", " the dog", " Paris", " 42"], asked.Continuations);
        Assert.Equal(
            ("D", "C"),
            (whole.Grade(whole.Items[0], likely).Prediction, perByte.Grade(perByte.Items[0], likely).Prediction)
        );
        Assert.Equal(1, whole.Grade(whole.Items[0], likely).Measures!["right_by_likelihood_per_byte"]);
    }

    [Fact]
    public void A_generated_answer_that_cannot_be_read_is_wrong_and_counted()
    {
        ChoiceTask benchmark = Benchmark("generated");

        Grade right = benchmark.Grade(benchmark.Items[0], Written("C")),
            unread = benchmark.Grade(benchmark.Items[0], Written("who knows"));

        Assert.Equal((1, "correct", 1.0), (right.Score, right.Verdict, right.Measures!["parsed"]));
        Assert.Equal((0, "unparsable", 0.0), (unread.Score, unread.Verdict, unread.Measures!["parsed"]));
    }

    [Theory]
    [InlineData("C", "correct")]
    [InlineData(" C is it: C", "correct")]
    [InlineData("C.", "unparsable")]
    [InlineData("", "unparsable")]
    [InlineData(" B", "wrong")]
    public void The_last_character_is_read_from_prompt_and_reply_together(string written, string verdict)
    {
        ChoiceTask benchmark = Benchmark("last-character");

        Assert.Equal(verdict, benchmark.Grade(benchmark.Items[0], Written(written)).Verdict);
    }

    [Fact]
    public void A_conversation_asks_for_the_bare_letter() =>
        Assert.Equal(
            ["A", "B", "C", "D"],
            ((Question.Choose)Benchmark("letter", prompt: "chat").Ask(Benchmark("letter").Items[0])).Continuations
        );

    [Fact]
    public void Too_many_rotations_are_refused() =>
        Assert.Contains("q1", Assert.Throws<InputException>(() => Benchmark("letter", rotations: 4)).Message);

    [Fact]
    public void Every_reading_of_a_study_asks_the_same_items()
    {
        MmluPlan plan = new(
            "mmlu",
            SharedData.Of("data", "mmlu", "data"),
            Subjects: ["philosophy"],
            ItemsPerSubject: 20,
            Fewshot: 0
        );

        string[] letters = Ids(plan),
            cloze = Ids(plan with { Name = "mmlu-cloze", Reading = AnswerScoring.Cloze }),
            generated = Ids(plan with { Name = "other", Reading = AnswerScoring.Generated });

        Assert.Equal(letters, cloze);
        Assert.Equal(letters, generated);
        static string[] Ids(MmluPlan plan) => [.. MmluTask.Open(plan, 42).Items.Select(i => i.Id)];
    }

    private static ChoiceTask Benchmark(string reading, int rotations = 0, string prompt = "plain") =>
        new(
            "b",
            new ChoiceSettings(
                EnumNames.Parse<AnswerScoring>(reading, "reading"),
                EnumNames.Parse<PromptForm>(prompt, "prompt"),
                rotations,
                5,
                Decoding.Greedy
            ),
            [new ChoiceQuestion("q1", "c", "g", "Which?", Options, 2)],
            _ => "Heading\n\n",
            _ => [],
            0
        );

    private static Reply.Chosen Likely(params double[] likely) =>
        new([.. likely.Select(l => new ContinuationScore(l, false, 1))]);

    private static Reply.Written Written(string text) => new(text, FinishReason.Length, 5);
}
