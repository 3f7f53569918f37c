using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Choice;
using Fulcrum.Tasks.Grading.Sql;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Replies and targets that would take a grader hours, and the same comparisons on small ones.</summary>
public sealed class LargeRepliesTests
{
    [Theory]
    [InlineData("b b c", "b c", 1)]
    [InlineData("b c b c b d", "b c b d", 1)]
    [InlineData("b b b b", "b b b", 1)]
    [InlineData("b c b c b c", "b c d", 0)]
    [InlineData("b c", "b c d", 0)]
    [InlineData("b c", "c", 1)]
    [InlineData("b c", "", 0)]
    public void Words_in_a_row_are_found(string reply, string target, double contains) =>
        Assert.Equal(contains, Squad.Accepted(reply, [target]).Scores["contains"]);

    [Fact]
    public void One_word_a_hundred_thousand_times_is_searched_in_linear_time()
    {
        string reply = string.Concat(Enumerable.Repeat("w ", 200_000)),
            target = reply[..200_000] + "v";

        Assert.Equal(0, Squad.Accepted(reply, [target]).Scores["contains"]);
    }

    [Fact]
    public void Of_a_hundred_thousand_boxes_inside_each_other_the_inner_ones_count()
    {
        const int Boxes = 100_000;
        string reply = string.Concat(Enumerable.Repeat(@"\boxed{", Boxes)) + "7" + new string('}', Boxes);

        (int At, string Content)[] found = [.. FinalAnswer.BoxesIn(reply)];

        Assert.Equal(((Boxes - 1) * 7, "7"), found[0]);
        Assert.True(found.Sum(b => (long)b.Content.Length) < 20_000_000);
        Assert.Equal("7", FinalAnswer.In(reply).Answer);
    }

    [Theory]
    [InlineData("the answer is ", "the answer is 7", "7")]
    [InlineData("the answer is\n", "the answer is 7\nthe answer is\n", "7")]
    [InlineData("<answer>", "<answer>7</answer>", "7")]
    [InlineData("#### 8\n", "#### 7", "7")]
    public void Of_fifty_thousand_announcements_the_last_counts(string announcement, string last, string answer)
    {
        string reply = string.Concat(Enumerable.Repeat(announcement, 50_000)) + last;

        Assert.EndsWith(answer, FinalAnswer.In(reply).Answer);
    }

    [Fact]
    public void A_long_box_without_another_one_inside_is_returned_whole()
    {
        string content = new('x', 20_000);

        Assert.Equal(content, Assert.Single(FinalAnswer.BoxesIn($@"\boxed{{{content}}}")).Content);
    }

    [Fact]
    public void A_reply_with_too_many_targets_is_unscored_with_the_reason()
    {
        string text = string.Concat(Enumerable.Repeat("word ", 3_000));
        string[] targets = [.. Enumerable.Repeat(text, 60)];

        Assert.Equal((null, true), Graded(EditSimilarity.Grade(text, targets)));
        Assert.Equal((null, true), Graded(RougeL.Grade(text, targets)));
        Assert.Equal((1, false), Graded(RougeL.Grade(text, targets[..2])));

        static (double?, bool) Graded(ReplyGrade grade) =>
            (grade.Score, grade.Reason?.Contains("too many targets", StringComparison.Ordinal) ?? false);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("1. ")]
    [InlineData("*\n")]
    [InlineData("[\n")]
    public void A_query_of_one_mark_thirty_thousand_times_is_read(string mark)
    {
        string reply = "SELECT " + string.Concat(Enumerable.Repeat(mark, 30_000)) + "\nFROM t";

        Assert.StartsWith("SELECT", SqlExtraction.From(reply));
    }

    [Fact]
    public void Long_options_are_read_once_for_a_thousand_statements()
    {
        string reply = string.Concat(Enumerable.Repeat("The answer is blue\n", 1_000));
        string[] options = [.. Enumerable.Range(0, 4).Select(i => $"{i} " + new string('x', 200_000)), "blue"];

        Assert.Equal((4, ChoiceRule.Announced), ChoiceExtraction.Find(reply, options));
    }
}
