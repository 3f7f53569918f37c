using System.Text.Json.Serialization;

namespace Fulcrum.Models;

/// <summary>One example: a sequence and which of its tokens the loss is taken on.</summary>
/// <param name="Id">Names the example in errors (<c>train/17</c>, <c>data.jsonl line 3</c>).</param>
/// <param name="Ids">All tokens, prompt and completion.</param>
/// <param name="Trained">For each token whether the model is trained to produce it; same length as
/// <paramref name="Ids"/>. The first token never is.</param>
/// <param name="Cluster">Examples of one cluster share a beginning (the schema of their database); null:
/// unknown.</param>
public sealed record TrainingExample(string Id, int[] Ids, bool[] Trained, string? Cluster = null)
{
    /// <summary>The example of a prompt and its completion. The sequence's first token is not trained.</summary>
    internal static TrainingExample Of(string id, int[] prompt, int[] completion, string? cluster)
    {
        int length = prompt.Length + completion.Length;
        bool[] trained = [.. Enumerable.Range(0, length).Select(i => i >= prompt.Length && i > 0)];
        return new TrainingExample(id, [.. prompt, .. completion], trained, cluster);
    }
}

/// <summary>One line of <c>train.jsonl</c>.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Steps">Number of steps in all.</param>
/// <param name="Loss">Mean over the completion tokens of the effective batch, natural logarithm.</param>
/// <param name="GradNorm">Euclidean norm of the adapter's gradient, before clipping.</param>
/// <param name="ValidationLoss">Mean over the completion tokens of the held-out examples after this step; absent where
/// it was not measured.</param>
public sealed record TrainingStep(
    int Step,
    int Steps,
    double Loss,
    double GradNorm,
    double LearningRate,
    int CompletionTokens,
    double Seconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ValidationLoss = null
);
