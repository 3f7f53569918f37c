using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A question that stands in a file many times is one question.</summary>
public sealed class RepeatedQuestionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Rows_with_the_same_question_count_as_one_and_are_told()
    {
        ITask task = Written([.. Enumerable.Range(0, 40).Select(i => $"question {i % 4}")]);
        Answer[] Side(Func<int, double> score) =>
            [.. task.Items.Select((item, i) => new Answer(item.Id, "", "", score(i), "", "", "", Stem: item.Stem))];

        PairedResult result = PairedComparison.Of("own", Side(_ => 0), Side(i => i % 4 == 0 ? 1 : 0));

        Assert.Equal((4, 40), (result.Items, result.AskedItems));
        Assert.Equal("4 questions (40 items asked)", Facts.Items(result, Words.English));
        Assert.Contains("40 rows ask only 4 different questions", Assert.Single(task.Doubts(null)));
        Assert.Empty(task.Doubts([]));
        Assert.Contains("own: 4 questions (40 items asked).", Summary(task));
    }

    [Fact]
    public void Different_questions_stay_as_they_are()
    {
        ITask task = Written("one", "two", "three");

        Assert.All(task.Items, i => Assert.Null(i.Stem));
        Assert.Empty(task.Doubts(null));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void A_part_of_a_task_is_judged_by_the_rows_that_it_asks(int items, bool repeats)
    {
        ITask whole = Written("one", "two", "three", "two"),
            part = new PartOfTask(whole, [.. whole.Items.Take(items)]);

        string[] doubts = [.. part.Doubts(null)];

        Assert.Equal(repeats, doubts.Any(d => d.Contains("4 rows ask only 3 different questions")));
        Assert.Equal(repeats, doubts.Any(d => d.Contains("line 2 and line 4 ask the same question")));
        Assert.Equal(repeats, doubts.Length > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_choice_is_the_same_question_only_with_the_same_options(int rotations)
    {
        string path = Path.Combine(folder, "c.jsonl");
        File.WriteAllLines(
            path,
            [
                """{"question":"Which?","options":["x","y"],"answer":"A"}""",
                """{"question":"Which?","options":["x","z"],"answer":"B"}""",
                """{"question":"Which?","options":["x","y"],"answer":"A"}""",
            ]
        );

        ITask task = MultipleChoiceTask.Open(new MultipleChoicePlan("own", path, Rotations: rotations), 1);

        Assert.Equal(2, task.Items.DistinctBy(i => i.Stem ?? i.Id).Count());
        Assert.Contains("3 rows ask only 2 different questions", Assert.Single(task.Doubts(null)));
    }

    [Fact]
    public void Items_whose_answers_stand_in_the_worked_examples_are_told()
    {
        string rows = Path.Combine(folder, "rows.jsonl"),
            choices = Path.Combine(folder, "choices.jsonl");
        File.WriteAllLines(
            rows,
            Enumerable.Range(0, 6).Select(i => $$"""{"prompt":"question {{i}}","target":"answer {{i}}"}""")
        );
        File.WriteAllLines(
            choices,
            Enumerable
                .Range(0, 6)
                .Select(i => $$"""{"question":"{{i}}?","options":["x","y"],"answer":"{{"AB"[i % 2]}}"}""")
        );
        ITask written = WritingTask.Open(new GenerationPlan("own", rows, ExamplesFile: rows, Fewshot: 2), 1),
            choice = MultipleChoiceTask.Open(
                new MultipleChoicePlan("own", choices, ExamplesFile: choices, Fewshot: 2),
                1
            );

        Assert.All(
            new[] { written, choice },
            t => Assert.Contains("2 of 6 items are worked examples too", Assert.Single(t.Doubts(null)))
        );
    }

    [Fact]
    public void A_run_that_counted_rows_one_by_one_is_not_continued()
    {
        ScriptedStudy apart = new(),
            joined = apart with { Joins = true };
        string run = Path.Combine(folder, "run"),
            later = Path.Combine(folder, "later");
        apart.Run(run);
        joined.Run(later);

        string message = Assert.Throws<InputException>(() => joined.Run(run)).Message;

        Assert.Contains("rows that ask the same question now count as one. Choose another --output", message);
        joined.Run(later);
        apart.Run(run);
    }

    private static string Summary(ITask task)
    {
        Study study = new ScriptedStudy().Study with
        {
            Tasks = new Dictionary<string, TaskPlan> { ["own"] = new GenerationPlan("own") },
        };
        return PreparationSummary
            .Of(study, new Corpus([task], [], ""), new ExperimentSettings())
            .OfType<RunEvent.Noted>()
            .First()
            .Text;
    }

    private ITask Written(params string[] questions)
    {
        string path = Path.Combine(folder, "rows.jsonl");
        File.WriteAllLines(path, questions.Select((q, i) => $$"""{"prompt":"{{q}}","target":"answer {{i % 4}}"}"""));
        return WritingTask.Open(new GenerationPlan("own", path), 1);
    }
}
