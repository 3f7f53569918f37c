using Fulcrum.Models;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>The gradients of an adapter's parameters over one effective batch.</summary>
internal static class Gradients
{
    /// <summary>Tokens that go through the model at once, a shared prefix counted once; a batch with more is
    /// accumulated in parts.</summary>
    private const int TokenBudget = 4096;

    /// <summary>Computes the gradients of one effective batch.</summary>
    /// <remarks>If a scaled gradient overflows, the batch is computed again with half the scale. So no example is lost,
    /// and a resumed training does the same.</remarks>
    /// <param name="tokens">The completion tokens of the batch: the loss is their mean.</param>
    /// <param name="done">Completed steps; they seed dropout.</param>
    /// <param name="plain">Use the reference implementation.</param>
    public static (double Loss, double Norm) Compute(
        LanguageModel model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> batch,
        int tokens,
        int done,
        bool plain,
        LossScale scale
    )
    {
        while (true)
        {
            RandomSources.SeedDropout(plan.Seed ?? 0, done);
            ZeroGradients(model);
            double loss =
                Parts(batch).Sum(part => CompletionLoss.Backward(model, part, tokens / scale.Value, plain)) / tokens;
            Multiply(model, 1 / scale.Value);
            double norm = Norm(model);
            if (double.IsFinite(norm) || !double.IsFinite(loss) || !scale.Lower())
            {
                scale.Worked();
                return (loss, norm);
            }
        }
    }

    /// <summary>Examples of one batch as the parts that go through the model at once.</summary>
    public static IEnumerable<IReadOnlyList<TrainingExample>> Parts(IReadOnlyList<TrainingExample> batch)
    {
        List<TrainingExample> part = [];
        int tokens = 0;
        foreach (TrainingExample example in batch.OrderBy(e => e.Cluster, StringComparer.Ordinal))
        {
            int added = NewTokens(part, example);
            if (part.Count > 0 && tokens + added > TokenBudget)
            {
                yield return part;
                (part, tokens, added) = ([], 0, example.Ids.Length);
            }

            part.Add(example);
            tokens += added;
        }

        yield return part;
    }

    // What an example adds to the prefix tree of others.
    private static int NewTokens(List<TrainingExample> others, TrainingExample example) =>
        example.Ids.Length - others.Select(o => o.Ids.AsSpan().CommonPrefixLength(example.Ids)).DefaultIfEmpty(0).Max();

    private static void ZeroGradients(LanguageModel model)
    {
        foreach ((_, Tensor value) in model.AdapterParameters)
        {
            using Tensor? gradient = value.grad;
            gradient?.zero_();
        }
    }

    /// <summary>Euclidean norm over all parameters, as torch.nn.utils.clip_grad_norm_ computes it.</summary>
    public static double Norm(LanguageModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        return Math.Sqrt(
            model
                .AdapterParameters.Where(p => p.Value.grad is not null)
                .Sum(p => Math.Pow(p.Value.grad!.norm().ToDouble(), 2))
        );
    }

    /// <summary>Scales the gradients so that their norm is at most a limit; null: no limit.</summary>
    public static void Clip(LanguageModel model, double norm, double? most)
    {
        if (most is { } limit && norm > limit)
        {
            Multiply(model, limit / (norm + 1e-6));
        }
    }

    private static void Multiply(LanguageModel model, double factor)
    {
        if (factor == 1)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor value) in model.AdapterParameters)
        {
            value.grad?.Multiply_(factor);
        }
    }
}
