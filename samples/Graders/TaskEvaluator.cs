using Fulcrum.Models;
using Fulcrum.Tasks;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Graders;

/// <summary>The item of a task to which a reply belongs.</summary>
internal sealed class ItemContext(Item item) : EvaluationContext("item", item.Input)
{
    public Item Item => item;
}

/// <summary>Grades replies as a task of Fulcrum does: SQL by execution, choices, numbers, texts.</summary>
/// <remarks>The metric has the name of the task. An item that cannot be graded has no value, and is inconclusive
/// rather than failed.</remarks>
internal sealed class TaskEvaluator(ITask task) : IEvaluator
{
    public IReadOnlyCollection<string> EvaluationMetricNames => [task.Name];

    public ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages,
        ChatResponse modelResponse,
        ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null,
        CancellationToken cancellationToken = default
    )
    {
        ItemContext context =
            additionalContext?.OfType<ItemContext>().FirstOrDefault()
            ?? throw new ArgumentException("the context names no item", nameof(additionalContext));
        Grade grade = task.Grade(context.Item, new Reply.Written(modelResponse.Text, FinishReason.Stop, Tokens: 0));
        NumericMetric metric = new(task.Name, grade.Score, grade.Reason ?? grade.Verdict)
        {
            Interpretation = new EvaluationMetricInterpretation(
                grade.Score switch
                {
                    null => EvaluationRating.Inconclusive,
                    >= 1 => EvaluationRating.Good,
                    _ => EvaluationRating.Unacceptable,
                },
                failed: grade.Score < 1,
                grade.Verdict
            ),
        };
        return ValueTask.FromResult(new EvaluationResult(metric));
    }
}
