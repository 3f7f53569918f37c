using System.Text.Json.Nodes;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Choice;
using Fulcrum.Tasks.Grading.Sql;
using Xunit;

namespace Fulcrum.Tests;

public sealed class ReplyExtractionTests
{
    public static TheoryData<string, string, string> Queries() =>
        [
            .. Rows("sql.jsonl")
                .Select(r => new TheoryDataRow<string, string, string>(
                    (string)r["reply"]!,
                    (string)r["query"]!,
                    (string)r["rule"]!
                )),
        ];

    public static TheoryData<string, string, string> Letters() =>
        [
            .. Rows("choice.jsonl")
                .Select(r => new TheoryDataRow<string, string, string>(
                    (string)r["reply"]!,
                    string.Join('|', r["options"]!.AsArray().Select(o => (string)o!)),
                    (string)r["letter"]!
                )),
        ];

    [Theory]
    [MemberData(nameof(Queries))]
    public void Query_is_extracted_from_a_reply(string reply, string query, string rule)
    {
        (string found, SqlRule by) = SqlExtraction.Find(reply);

        Assert.Equal((query, rule), (found, SqlExtraction.NameOf(by)));
    }

    [Theory]
    [MemberData(nameof(Letters))]
    public void The_letter_is_the_one_that_a_reader_sees_as_the_answer(string reply, string options, string letter)
    {
        int? found = ChoiceExtraction.Choice(reply, options.Split('|'));

        Assert.Equal(letter, found is { } place ? $"{(char)('A' + place)}" : "");
    }

    [Theory]
    [InlineData(@"So \boxed{C}", ChoiceRule.Boxed)]
    [InlineData("<answer>C</answer>", ChoiceRule.Field)]
    [InlineData("The answer is C.", ChoiceRule.Announced)]
    [InlineData("Some thoughts.\n\nC", ChoiceRule.LastLine)]
    [InlineData("C. It lies in the north.", ChoiceRule.Leading)]
    [InlineData("Perhaps option C fits", ChoiceRule.Mentioned)]
    [InlineData("I like Oslo", ChoiceRule.Named)]
    [InlineData("The answer is B or C.", ChoiceRule.Ambiguous)]
    [InlineData("I pass.", ChoiceRule.None)]
    public void The_rule_that_found_the_letter_is_kept(string reply, object rule) =>
        Assert.Equal((ChoiceRule)rule, ChoiceExtraction.Find(reply, ["Paris", "Rome", "Oslo", "Bern"]).Rule);

    [Theory]
    [InlineData("<think>a</think>b", "b")]
    [InlineData("a</think>b", "b")]
    [InlineData("x<think>never closed", "x")]
    [InlineData("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b")]
    [InlineData("[THINK]a[/THINK]b", "b")]
    [InlineData("1 < 2 and [x]", "1 < 2 and [x]")]
    public void Thinking_is_removed(string reply, string rest) => Assert.Equal(rest, Thinking.Removed(reply).Trim());

    [Theory]
    [InlineData("so #### 72", "72", FinalAnswerRule.Marked)]
    [InlineData(@"$\boxed{\frac{1}{2}}$", @"\frac{1}{2}", FinalAnswerRule.Boxed)]
    [InlineData("**Answer:** 18 apples.", "18 apples", FinalAnswerRule.Announced)]
    [InlineData("The answer is 5. No, the answer is **7**.", "7", FinalAnswerRule.Announced)]
    [InlineData("<answer> yes </answer>", "yes", FinalAnswerRule.Tagged)]
    [InlineData("no idea", null, FinalAnswerRule.None)]
    public void The_last_stated_answer_counts(string reply, string? answer, object rule) =>
        Assert.Equal((answer, (FinalAnswerRule)rule), FinalAnswer.In(reply));

    [Fact]
    public void A_reply_of_nothing_but_openings_is_read_within_a_second()
    {
        string selects = string.Concat(Enumerable.Repeat("SELECT (", 20_000)),
            answers = string.Concat(Enumerable.Repeat("the answer is ( ", 10_000));
        long start = TimeProvider.System.GetTimestamp();

        SqlExtraction.Find(selects);
        ChoiceExtraction.Find(answers, ["Paris", "Rome"]);

        Assert.True(TimeProvider.System.GetElapsedTime(start).TotalSeconds < 10);
    }

    private static IEnumerable<JsonObject> Rows(string file) =>
        File.ReadLines(SharedData.InProject("replies", file)).Select(l => JsonNode.Parse(l)!.AsObject());
}
