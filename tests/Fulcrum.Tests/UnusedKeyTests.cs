using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Keys that change nothing are told, and options that change nothing are refused.</summary>
public sealed class UnusedKeyTests
{
    public static TheoryData<string> Unused =>
        [
            "tasks.own.fewshot is not used, because the task itself says that it shows no worked examples",
            "tasks.own.fewshotAsTurns is not used, because chatTemplate is false",
            "tasks.own.maxNewTokens is not used, because the reading letter compares likelihoods",
            "tasks.own.decoding is not used, because the reading cloze compares likelihoods",
            "tasks.own.tolerance is not used, because matching is exact",
            "tasks.own.extractTarget is not used, because matching is regex",
            "tasks.own.examplesFile is not used, because fewshot is 0",
        ];

    [Theory]
    [MemberData(nameof(Unused))]
    public void A_key_that_changes_nothing_is_told_with_the_reason(string says)
    {
        TaskPlan[] plans =
        [
            new HarnessPlan("own", "ifeval", Fewshot: 3),
            new HarnessPlan("own", "gsm8k", Fewshot: 3, FewshotAsTurns: true),
            new MmluPlan("own", "data", MaxNewTokens: 64),
            new MultipleChoicePlan(
                "own",
                "rows.jsonl",
                Reading: AnswerScoring.Cloze,
                Decoding: DecodingKind.GenerationConfig
            ),
            new GenerationPlan("own", "rows.jsonl", Tolerance: 0.1),
            new GenerationPlan("own", "rows.jsonl", Matching: Matching.Regex, ExtractTarget: "(a)"),
            new GenerationPlan("own", "rows.jsonl", ExamplesFile: "examples.jsonl"),
        ];

        Assert.Single(
            plans.SelectMany(p => p.UnusedSettings(SettingNames.Keys.Of)),
            s => s.StartsWith($"own: {says}", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Keys_that_are_used_are_not_told()
    {
        TaskPlan[] plans =
        [
            new HarnessPlan("own", "gsm8k", Fewshot: 3, ChatTemplate: true, FewshotAsTurns: true),
            new HarnessPlan("own", "ifeval", Fewshot: 0),
            new MmluPlan("own", "data", Reading: AnswerScoring.Generated, MaxNewTokens: 64),
            new GenerationPlan("own", "rows.jsonl", Matching: Matching.Number, Tolerance: 0.1),
            new SpiderPlan("own", "data"),
            new GenerationPlan("own", "rows.jsonl", ExamplesFile: "examples.jsonl").WithFewshot(0)!,
        ];

        Assert.Empty(plans.SelectMany(p => p.UnusedSettings(SettingNames.Keys.Of)));
    }

    [Fact]
    public void A_task_that_shows_no_examples_takes_no_number_of_them_except_none()
    {
        Assert.Null(new HarnessPlan("own", "ifeval").WithFewshot(2));
        Assert.NotNull(new HarnessPlan("own", "ifeval").WithFewshot(0));
        Assert.NotNull(new HarnessPlan("own", "gsm8k").WithFewshot(2));
        Assert.Null(new GenerationPlan("own", "rows.jsonl").WithFewshot(2));
        Assert.NotNull(new GenerationPlan("own", "rows.jsonl").WithFewshot(0));
        Assert.NotNull(new MultipleChoicePlan("own", "rows.jsonl", ExamplesFile: "x.jsonl").WithFewshot(2));
    }

    [Fact]
    public void The_limit_of_a_query_s_reply_is_set_like_that_of_other_replies() =>
        Assert.Equal(9, ((SpiderPlan)new SpiderPlan("own", "data").WithMaxNewTokens(9)).MaxNewTokens);
}
