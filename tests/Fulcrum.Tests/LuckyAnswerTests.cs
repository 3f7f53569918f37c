using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Answers that a reply contains by luck.</summary>
public sealed class LuckyAnswerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Short_answers_that_need_only_be_contained_are_warned_about_before_the_run()
    {
        string warning = Assert.Single(Task(Matching.Contains, "A", "B", "Paris").Doubts(null));

        Assert.Contains("2 of 3 answers have no more than 2 characters, such as 'A'", warning);
        Assert.Contains("matching exact or normalised", warning);
        Assert.Empty(Task(Matching.Contains, "Paris", "London").Doubts(null));
        Assert.Empty(Task(Matching.Exact, "A", "B").Doubts(null));
    }

    [Theory]
    [InlineData(Matching.Contains)]
    [InlineData(Matching.Regex)]
    public void Answers_that_occur_in_the_replies_to_other_items_are_warned_about(Matching matching)
    {
        ITask task = Task(matching, "A", "B", "C", "D");

        string warning = Assert.Single(task.Doubts(Answers(task, _ => "A BAD CAT")));

        // Every reply contains all four letters.
        Assert.Contains("occurs in 100.0% of the replies to items with another answer", warning);
        Assert.Contains("So much of the score of 100.0% is luck", warning);
    }

    [Fact]
    public void Answers_that_occur_where_they_belong_only_are_not_doubted()
    {
        ITask task = Task(Matching.Contains, "Paris", "London", "Rome");

        Assert.Empty(task.Doubts(Answers(task, i => $"It is {i.Target}.")));
    }

    [Fact]
    public void Answers_in_another_order_than_the_items_are_paired_by_their_ids()
    {
        ITask whole = Task(Matching.Contains, "Paris", "London", "Rome", "Oslo"),
            part = new PartOfTask(whole, [.. whole.Items.Skip(1).Reverse()]);

        Assert.Empty(part.Doubts(Answers(part, i => $"It is {i.Target}.")));
        Assert.NotEmpty(part.Doubts(Answers(part, _ => "Rome, London or Oslo")));
    }

    [Fact]
    public void A_pattern_that_takes_too_long_on_another_reply_does_not_match_it()
    {
        ITask task = Task(Matching.Regex, "(a+)+$", "(b+)+$");
        Answer[] answers =
        [
            .. task.Items.Select(i => new Answer(i.Id, "", "", 0, new string(i.Target[1], 60) + "!", i.Target, "")),
            .. task.Items.Select(i => new Answer(i.Id, "", "", 0, new string('b', 60) + "!", i.Target, "")),
            .. task.Items.Select(i => new Answer(i.Id, "", "", 0, new string('a', 60) + "!", i.Target, "")),
        ];

        Assert.Empty(task.Doubts(answers));
    }

    [Fact]
    public void Comparing_replies_and_answers_ends_after_a_number_of_pairs_and_after_a_time()
    {
        string[][] targets = [.. Enumerable.Range(0, 399).Select(i => new[] { $"{i}" })];
        Answer[] answers = [.. targets.Select(t => new Answer(t[0], "", "", 0, "", t[0], ""))];
        int pairs = 0;
        bool Matches(string reply, string target, TimeSpan limit) => ++pairs % 4 == 0;

        double? rate = LuckyAnswers.BaseRate(targets, answers, Matches, TimeSpan.FromMinutes(1));

        Assert.Equal((200 * 199, 0.25), (pairs, rate));
        Assert.Null(LuckyAnswers.BaseRate(targets, answers, Matches, TimeSpan.Zero));
    }

    private ITask Task(Matching matching, params string[] targets)
    {
        string path = Path.Combine(folder, "rows.jsonl");
        File.WriteAllLines(path, targets.Select((t, i) => $$"""{"prompt":"question {{i}}","target":"{{t}}"}"""));
        return WritingTask.Open(new GenerationPlan("own", path, Matching: matching), 1);
    }

    private static Answer[] Answers(ITask task, Func<Item, string> reply) =>
        [
            .. task.Items.Select(i =>
            {
                Grade grade = task.Grade(i, new Reply.Written(reply(i), FinishReason.Stop, 1));
                return new Answer(i.Id, "", "", grade.Score, grade.Prediction, i.Target, grade.Verdict);
            }),
        ];
}
