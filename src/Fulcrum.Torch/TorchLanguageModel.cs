using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch;

/// <summary>A loaded model, as the evaluation uses it.</summary>
/// <param name="plain">Use padded batches instead of the prefix tree: the reference implementation.</param>
/// <param name="budget">The most tokens of one pass.</param>
/// <param name="together">The most sequences that are decoded at once.</param>
/// <param name="drafts">Use drafts to decode greedily (<see cref="DraftPolicy"/>). The answers are the same.</param>
internal sealed class TorchLanguageModel(
    LanguageModel model,
    bool plain = false,
    int budget = TreePass.Budget,
    int together = Generator.MaxConcurrentSequences,
    bool drafts = true
) : ILanguageModel
{
    /// <summary>The decoder itself.</summary>
    public LanguageModel Model => model;

    /// <summary>The draft tokens of the last completions.</summary>
    public DraftCounts Drafts { get; private set; }

    // Unused heap that is tolerated above the amount after the first call.
    private const long Slack = 48 << 20;

    /// <inheritdoc/>
    public int ContextLength => model.Config.ContextLength;

    /// <inheritdoc/>
    public int VocabularySize => model.Config.VocabularySize;

    /// <inheritdoc/>
    public void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation = default
    )
    {
        RequestCheck.All(this, requests);

        Action<IReadOnlyList<ScoreRequest>, Action<int, IReadOnlyList<ContinuationScore>>, CancellationToken> score =
            plain ? new Padded(model).Score : new Scorer(model, budget).Score;
        score(requests, answered, cancellation);
        Heap.KeepFromGrowing(Slack);
        Telemetry.Answered("score", requests.Count);
    }

    /// <inheritdoc/>
    public void Complete(
        IReadOnlyList<CompletionRequest> requests,
        Action<int, Completion> answered,
        CancellationToken cancellation = default
    )
    {
        RequestCheck.All(this, requests);

        if (plain)
        {
            new Padded(model).Complete(requests, answered, cancellation);
        }
        else
        {
            Generator generator = new(model, budget, together, drafts);
            generator.Complete(requests, answered, cancellation);
            Drafts = generator.Drafts;
        }

        Heap.KeepFromGrowing(Slack);
        Telemetry.Answered("complete", requests.Count);
    }

    /// <inheritdoc/>
    public void Diverge(
        IReadOnlyList<int[]> texts,
        Action<int, TextDivergence> answered,
        CancellationToken cancellation = default
    )
    {
        RequestCheck.All(this, texts);

        new BaseDivergence(model).Measure(texts, answered, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
