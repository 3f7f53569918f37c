using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Inference;
using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama;

/// <summary>A model in a GGUF file for evaluation, computed by llama.cpp in a worker process.</summary>
/// <remarks>The KV cache is float32 and flash attention is off, so that results depend on the weights of the file and
/// not on these approximations.</remarks>
internal sealed class LlamaLanguageModel : ILanguageModel
{
    // Tokens that the cache holds, unless a sequence is longer. llama.cpp computes attention over all cells of the
    // cache, so a larger cache is slower.
    private const int ScoreCells = 2048,
        GenerateCells = 8192,
        BatchTokens = 512,
        Rows = ILlamaContext.MostSequences;

    // The largest cache in bytes (512 MiB), unless a single sequence needs more.
    private const long MostCacheBytes = 1 << 29;
    private readonly ILlamaContext context;
    private readonly GgufModel model;
    private CacheSizes allocated;

    /// <param name="context">The loaded model; disposed with this object.</param>
    public LlamaLanguageModel(ILlamaContext context, GgufModel model)
    {
        (this.context, this.model) = (context, model);
    }

    /// <inheritdoc/>
    public int ContextLength => model.ContextLength;

    /// <inheritdoc/>
    public int VocabularySize => model.VocabularySize;

    /// <summary>Size of the KV cache in bytes; 0 before the first request.</summary>
    public long CacheBytes => allocated.Cells * model.CacheBytesPerToken;

    /// <summary>Peak resident memory of the worker process in bytes; null if the model is in this process.</summary>
    public long? WorkerPeakBytes => (context as LlamaWorkerProcess)?.PeakBytes;

    /// <inheritdoc/>
    public void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation = default
    )
    {
        RequestCheck.All(this, requests);

        int longest = requests
            .SelectMany(r => r.Continuations.Select(c => r.Prompt.Length + c.Length))
            .DefaultIfEmpty(0)
            .Max();
        new LlamaScorer(context, Allocated(longest, ScoreCells)).Score(requests, answered, cancellation);
    }

    /// <inheritdoc/>
    public void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation = default
    )
    {
        RequestCheck.All(this, requests);

        int[] lengths =
        [
            .. requests.Select(r => (int)Math.Min(ContextLength, r.Prompt.Length + Math.Max(0L, r.MaxNewTokens))),
        ];
        int wanted = (int)Math.Min(GenerateCells, lengths.Take(GroupedCache.MostSequences).Sum(l => (long)l));
        new LlamaGenerator(context, Allocated(lengths.DefaultIfEmpty(0).Max(), wanted), ContextLength).Complete(
            requests,
            answered,
            cancellation
        );
    }

    /// <inheritdoc/>
    public void Dispose() => context.Dispose();

    // Allocates the cache for a call, unless it already has this size.
    private CacheSizes Allocated(int longest, int wanted)
    {
        long affordable = MostCacheBytes / model.CacheBytesPerToken;
        long cells = Math.Max(longest, Math.Min(wanted, affordable));
        CacheSizes sizes = new((int)((cells + 255) / 256 * 256), BatchTokens, Rows);
        if (sizes != allocated)
        {
            context.Allocate(sizes);
            allocated = sizes;
        }

        return sizes;
    }
}
