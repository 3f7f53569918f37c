using Fulcrum.Evaluation;

namespace Fulcrum.Cli;

/// <summary>A model whose answers are counted on their way out.</summary>
internal sealed class CountedModel(ILanguageModel model, string stage, Action<Progress> tell) : ILanguageModel
{
    /// <inheritdoc/>
    public int ContextLength => model.ContextLength;

    /// <inheritdoc/>
    public int VocabularySize => model.VocabularySize;

    /// <inheritdoc/>
    public void Score(IReadOnlyList<ScoreRequest> requests, Action<int, IReadOnlyList<ContinuationScore>> answered, CancellationToken cancellation = default) =>
        model.Score(requests, Counted(answered, requests.Count), cancellation);

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<CompletionRequest> requests, Action<int, Completion> answered, CancellationToken cancellation = default) =>
        model.Complete(requests, Counted(answered, requests.Count), cancellation);

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();

    private Action<int, T> Counted<T>(Action<int, T> answered, int total)
    {
        int done = 0;
        return (i, answer) =>
        {
            answered(i, answer);
            tell(new Progress(stage, "", ++done, total, "requests"));
        };
    }
}
