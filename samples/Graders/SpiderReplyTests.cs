using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Xunit;

namespace Graders;

/// <summary>Replies of a chat client, evaluated with Fulcrum's grader of SQL inside ordinary tests.</summary>
public sealed class SpiderReplyTests : IDisposable
{
    private readonly SqlSandbox sandbox = SqlSandbox.Open();
    private readonly ITask spider;

    public SpiderReplyTests()
    {
        SpiderPlan plan = new("spider", Path.Combine(AppContext.BaseDirectory, "spider"));
        Study study = new(
            new BasePlan("model"),
            new Dictionary<string, TaskPlan> { ["spider"] = plan },
            new Dictionary<string, CandidatePlan>()
        );
        spider = StudyCorpus.Open(study, sandbox).Tasks[0];
    }

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public async Task The_reference_query_passes()
    {
        NumericMetric metric = await Evaluate(spider.Items[0], spider.Items[0].Target);

        Assert.Equal(1, metric.Value);
        Assert.False(metric.Interpretation!.Failed);
    }

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("SELECT nothing FROM nowhere")]
    [InlineData("I do not know.")]
    public async Task Any_other_reply_fails_and_says_why(string reply)
    {
        NumericMetric metric = await Evaluate(spider.Items[0], reply);

        Assert.Equal(0, metric.Value);
        Assert.True(metric.Interpretation!.Failed);
        Assert.False(string.IsNullOrEmpty(metric.Reason));
    }

    private async Task<NumericMetric> Evaluate(Item item, string reply)
    {
        EvaluationResult result = await new TaskEvaluator(spider).EvaluateAsync(
            [new ChatMessage(ChatRole.User, item.Input)],
            new ChatResponse(new ChatMessage(ChatRole.Assistant, reply)),
            additionalContext: [new ItemContext(item)]
        );
        return result.Get<NumericMetric>(spider.Name);
    }
}
