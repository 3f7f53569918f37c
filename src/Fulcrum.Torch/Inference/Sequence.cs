using System.Runtime.InteropServices;
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
    private List<int>? text;

    /// <summary>Index of the request.</summary>
    public int Index => index;

    /// <summary>The request.</summary>
    public CompletionRequest Request => request;

    /// <summary>Maximum number of generated tokens.</summary>
    public int Limit { get; } = Math.Max(0, Math.Min(request.MaxNewTokens, context - request.Prompt.Length));

    /// <summary>The tokens so far.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>Maximum number of tokens that are still to be generated.</summary>
    public int Left => Limit - Ids.Count;

    /// <summary>The prompt and the tokens so far; valid until the next token is chosen.</summary>
    public ReadOnlySpan<int> Text => CollectionsMarshal.AsSpan(text ??= [.. request.Prompt, .. Ids]);

    /// <summary>Null while it is running.</summary>
    public FinishReason? Finished { get; private set; } =
        Math.Min(request.MaxNewTokens, context - request.Prompt.Length) <= 0 ? FinishReason.Length : null;

    private Random Random { get; } = RandomSources.Sampling(request.Sampling?.Seed ?? 0);

    /// <summary>Returns the completion so far.</summary>
    public Completion Result(FinishReason reason) => new(Ids, logLikelihoods, reason);

    /// <summary>Chooses the next token of each running sequence: the most likely one, or a sampled one. While the
    /// chosen token is that of the sequence's draft, it chooses the following one too.</summary>
    /// <param name="logits">[rows, vocabulary], float32: for each sequence the row of its last token, then those of its
    /// draft.</param>
    /// <param name="drafts">The draft of each sequence, empty if it is sampled; null for no drafts.</param>
    public static void Choose(IReadOnlyList<Sequence> sequences, Tensor logits, IReadOnlyList<Draft>? drafts = null)
    {
        using DisposeScope scope = NewDisposeScope();
        (long[] tokens, float[] totals) = RowKernels.Supports(logits)
            ? RowKernels.MostLikely(logits)
            : MostLikely(logits);
        int[] rows = new int[sequences.Count];
        for (int i = 0, row = 0; i < sequences.Count; row += 1 + DraftOf(i).Length, i++)
        {
            rows[i] = row;
            if (sequences[i].Request.Sampling is { } sampling && sequences[i].Finished is null)
            {
                tokens[row] = Sampler.Draw(
                    logits[row].cpu().data<float>().ToArray(),
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
            sequences[i].Add(rows[i], DraftOf(i), tokens, row => chosen[row] - totals[row]);
        }

        int[] DraftOf(int i) => drafts?[i].Tokens ?? [];
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

    // The token of a row, then those of the following rows while the token before them is the draft's.
    private void Add(int row, int[] draft, long[] tokens, Func<int, float> logLikelihood)
    {
        Add((int)tokens[row], logLikelihood(row));
        for (int i = 0; Finished is null && i < draft.Length && tokens[row + i] == draft[i]; i++)
        {
            Add((int)tokens[row + i + 1], logLikelihood(row + i + 1));
        }
    }

    private void Add(int token, double logLikelihood)
    {
        if (Finished is not null)
        {
            return;
        }

        Ids.Add(token);
        text?.Add(token);
        logLikelihoods.Add(logLikelihood);
        bool stops = request.EndTokens.Contains(token) || (request.StopsAt?.Invoke(Ids) ?? false);
        Finished =
            stops ? FinishReason.Stop
            : Ids.Count == Limit ? FinishReason.Length
            : null;
    }
}
