using System.Text.Json.Serialization;

namespace Fulcrum.Models;

/// <summary>A training example: a sequence of tokens, and on which of them the loss is taken.</summary>
/// <param name="Id">Names the example in errors (<c>train/17</c>, <c>data.jsonl line 3</c>).</param>
/// <param name="Ids">All tokens, prompt and completion.</param>
/// <param name="Trained">For each token whether the loss is taken on it; same length as <paramref name="Ids"/>. False
/// for the first token, which is not predicted.</param>
/// <param name="Cluster">The cluster. Its examples share a prefix, such as the schema of a database. Null:
/// unknown.</param>
public sealed record TrainingExample(string Id, int[] Ids, bool[] Trained, string? Cluster = null)
{
    /// <summary>Returns the example of a prompt and its completion. The loss is taken on the completion.</summary>
    internal static TrainingExample Of(string id, int[] prompt, int[] completion, string? cluster)
    {
        int length = prompt.Length + completion.Length;
        bool[] trained = [.. Enumerable.Range(0, length).Select(i => i >= prompt.Length && i > 0)];
        return new TrainingExample(id, [.. prompt, .. completion], trained, cluster);
    }
}

/// <summary>One line of <c>train.jsonl</c>: an optimiser step.</summary>
/// <param name="Step">The number of the step, from 1.</param>
/// <param name="Steps">The total number of steps.</param>
/// <param name="Loss">Mean over the completion tokens of the effective batch, natural logarithm.</param>
/// <param name="GradNorm">Euclidean norm of the adapter's gradient, before clipping.</param>
/// <param name="ValidationLoss">Mean over the completion tokens of the held-out examples after this step; absent if
/// this step was not validated.</param>
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
