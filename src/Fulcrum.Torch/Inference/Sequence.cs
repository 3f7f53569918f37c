using Fulcrum.Models;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>A completion that is being generated.</summary>
/// <param name="index">Index of the request.</param>
/// <param name="context">The model's context length.</param>
internal sealed class Sequence(int index, CompletionRequest request, int context)
{
    private readonly List<double> logLikelihoods = [];

    /// <summary>Index of the request.</summary>
    public int Index => index;

    /// <summary>The request.</summary>
    public CompletionRequest Request => request;

    /// <summary>Maximum number of generated tokens.</summary>
    public int Limit { get; } = Math.Max(0, Math.Min(request.MaxNewTokens, context - request.Prompt.Length));

    /// <summary>The tokens so far.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>Null while it is running.</summary>
    public FinishReason? Finished { get; private set; } =
        Math.Min(request.MaxNewTokens, context - request.Prompt.Length) <= 0 ? FinishReason.Length : null;

    private Random Random { get; } = RandomSources.Sampling(request.Sampling?.Seed ?? 0);

    /// <summary>Returns the completion so far.</summary>
    public Completion Result(FinishReason reason) => new(Ids, logLikelihoods, reason);

    /// <summary>Chooses the next token of each running sequence: the most likely one, or a sampled one.</summary>
    /// <param name="logits">[N, vocabulary], float32.</param>
    public static void Choose(IReadOnlyList<Sequence> sequences, Tensor logits)
    {
        using DisposeScope scope = NewDisposeScope();
        (long[] tokens, float[] totals) = RowKernels.Supports(logits)
            ? RowKernels.MostLikely(logits)
            : MostLikely(logits);
        for (int i = 0; i < sequences.Count; i++)
        {
            if (sequences[i].Request.Sampling is { } sampling && sequences[i].Finished is null)
            {
                tokens[i] = Sampler.Draw(
                    logits[i].cpu().data<float>().ToArray(),
                    sampling,
                    sequences[i].Random,
                    sequences[i].Request.Prompt.Concat(sequences[i].Ids)
                );
            }
        }

        float[] chosen = logits
            .gather(1, tensor(tokens, device: logits.device).unsqueeze(1))
            .cpu()
            .data<float>()
            .ToArray();
        for (int i = 0; i < sequences.Count; i++)
        {
            sequences[i].Add((int)tokens[i], chosen[i] - totals[i]);
        }
    }

    /// <summary>The same as <see cref="RowKernels.MostLikely"/> by libtorch's operations: the reference implementation,
    /// which is also used on other devices.</summary>
    internal static (long[] Best, float[] LogSum) MostLikely(Tensor logits)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor highest, Tensor best) = logits.max(-1, keepdim: true);
        Tensor total = (logits - highest).exp_().sum(-1, keepdim: true).log_().Add_(highest);
        return (best.cpu().data<long>().ToArray(), total.cpu().data<float>().ToArray());
    }

    private void Add(int token, double logLikelihood)
    {
        if (Finished is not null)
        {
            return;
        }

        Ids.Add(token);
        logLikelihoods.Add(logLikelihood);
        bool stops = request.EndTokens.Contains(token) || (request.StopsAt?.Invoke(Ids) ?? false);
        Finished =
            stops ? FinishReason.Stop
            : Ids.Count == Limit ? FinishReason.Length
            : null;
    }
}
