using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>What the trainer really gets: which tokens of each example, and on which of them the loss is
/// taken.</summary>
internal static class TrainingShape
{
    /// <summary>The examples as a training plan wants them. An example that is too long is left as it is where the plan
    /// does not truncate: the trainer refuses it by name.</summary>
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

/// <summary>How much of the training data reached the trainer; stored next to the adapter.</summary>
/// <param name="TokensGiven">Tokens of all examples as the data has them.</param>
/// <param name="Tokens">Tokens that the trainer got.</param>
/// <param name="Truncated">Examples that lost tokens.</param>
/// <param name="CompletionTokensGiven">Tokens of all completions, end tokens included.</param>
/// <param name="CompletionTokens">Those of them that the trainer got.</param>
/// <param name="WithoutCompletion">Examples of whose completion not one token was left.</param>
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
    /// <summary>Its name in the adapter's folder.</summary>
    public const string FileName = "training_data.json";

    /// <summary>As JSON.</summary>
    public string Print() => JsonSerializer.Serialize(this, JsonLines.Output) + "\n";

    /// <summary>Reads the summary next to an adapter; null if there is none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static TrainingDataSummary? Read(string adapterFolder) =>
        StoredJson.ReadIfThere<TrainingDataSummary>(
            Path.Combine(adapterFolder, FileName),
            "a summary of training data"
        );
}
