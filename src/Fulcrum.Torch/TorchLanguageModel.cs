using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch;

/// <summary>A loaded model, as the evaluation uses it.</summary>
/// <param name="plain">Padded batches instead of the token tree: the form to compare with.</param>
/// <param name="budget">The most tokens of one pass.</param>
/// <param name="together">The most sequences that are decoded at once.</param>
internal sealed class TorchLanguageModel(
    LanguageModel model,
    bool plain = false,
    int budget = TreePass.Budget,
    int together = Generator.MaxConcurrentSequences
) : ILanguageModel
{
    /// <summary>The decoder itself.</summary>
    public LanguageModel Model => model;

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
        foreach (ScoreRequest request in requests)
        {
            Check(request.Prompt, request.Continuations.Select(c => c.Length).DefaultIfEmpty(0).Max());
            CheckIds(request.Continuations.SelectMany(c => c));
        }

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
        foreach (CompletionRequest request in requests)
        {
            Check(request.Prompt, 0);
        }

        Action<IReadOnlyList<CompletionRequest>, Action<int, Completion>, CancellationToken> complete = plain
            ? new Padded(model).Complete
            : new Generator(model, budget, together).Complete;
        complete(requests, answered, cancellation);
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
        foreach (int[] text in texts)
        {
            Check(text, 0);
        }

        new BaseDivergence(model).Measure(texts, answered, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();

    private void Check(int[] prompt, int more)
    {
        if (prompt.Length == 0)
        {
            throw new InputException("the prompt is empty: a model predicts from at least one token");
        }

        if (prompt.Length + more > ContextLength)
        {
            throw new InputException(
                $"a sequence of {prompt.Length + more} tokens is longer than the model's context of {ContextLength}"
            );
        }

        CheckIds(prompt);
    }

    private void CheckIds(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            if (id < 0 || id >= model.Config.VocabularySize)
            {
                throw new InputException($"token id {id} is outside the vocabulary of {model.Config.VocabularySize}");
            }
        }
    }
}
