using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>Applies truncation and the choice of the loss to training examples.</summary>
internal static class TrainingShape
{
    /// <summary>Returns the examples for a training plan. If the plan does not truncate, an example that is too long is
    /// not changed, and the trainer refuses it by name.</summary>
    public static (IReadOnlyList<TrainingExample> Examples, TrainingDataSummary Summary) Of(
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples
    )
    {
        TrainingExample[] shaped = [.. examples.Select(e => Shaped(plan, e))];
        int[] kept = [.. examples.Zip(shaped, (given, cut) => given.Trained.Take(cut.Ids.Length).Count(t => t))];
        return (
            shaped,
            new TrainingDataSummary(
                examples.Count,
                examples.Sum(e => (long)e.Ids.Length),
                shaped.Sum(e => (long)e.Ids.Length),
                examples.Zip(shaped).Count(p => p.First.Ids.Length > p.Second.Ids.Length),
                examples.Sum(e => e.Trained.LongCount(t => t)),
                kept.Sum(k => (long)k),
                kept.Count(k => k == 0),
                plan.Loss
            )
        );
    }

    private static TrainingExample Shaped(TrainPlan plan, TrainingExample example)
    {
        int length = plan is { Truncate: true, MaxTokens: { } most }
            ? Math.Min(most, example.Ids.Length)
            : example.Ids.Length;
        bool[] trained =
            plan.Loss == LossTokens.All
                ? [.. Enumerable.Range(0, length).Select(i => i > 0)]
                : example.Trained[..length];
        return example with { Ids = example.Ids[..length], Trained = trained };
    }
}

/// <summary>How much of the training data was used. It is stored next to the adapter.</summary>
/// <param name="TokensGiven">The number of tokens of all examples.</param>
/// <param name="Tokens">The number of tokens after truncation.</param>
/// <param name="Truncated">The number of truncated examples.</param>
/// <param name="CompletionTokensGiven">The number of tokens of all completions, end tokens included.</param>
/// <param name="CompletionTokens">The number of completion tokens after truncation.</param>
/// <param name="WithoutCompletion">The number of examples that lost their whole completion.</param>
/// <param name="Loss">The tokens on which the loss was taken.</param>
internal sealed record TrainingDataSummary(
    int Examples,
    long TokensGiven,
    long Tokens,
    int Truncated,
    long CompletionTokensGiven,
    long CompletionTokens,
    int WithoutCompletion,
    LossTokens Loss
)
{
    /// <summary>The name of the file in the adapter's folder.</summary>
    public const string FileName = "training_data.json";

    /// <summary>Returns the summary as JSON.</summary>
    public string Print() => JsonSerializer.Serialize(this, JsonLines.Output) + "\n";

    /// <summary>Reads the summary next to an adapter; null if there is none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static TrainingDataSummary? Read(string adapterFolder) =>
        StoredJson.ReadIfThere<TrainingDataSummary>(
            Path.Combine(adapterFolder, FileName),
            "a summary of training data"
        );
}
