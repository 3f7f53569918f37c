namespace Fulcrum.Models;

/// <summary>Checks requests before an engine computes.</summary>
internal static class RequestCheck
{
    /// <summary>Checks score requests.</summary>
    /// <exception cref="RequestException">A prompt is empty, an id is outside the vocabulary, or a sequence exceeds the
    /// model's context.</exception>
    public static void All(ILanguageModel model, IReadOnlyList<ScoreRequest> requests) =>
        Each(requests, r => Sequence(model, r.Prompt, r.Continuations));

    /// <summary>Checks completion requests in the same way.</summary>
    public static void All(ILanguageModel model, IReadOnlyList<CompletionRequest> requests) =>
        Each(requests, r => Sequence(model, r.Prompt, []));

    /// <summary>Checks whole texts, in the same way.</summary>
    public static void All(ILanguageModel model, IReadOnlyList<int[]> texts) =>
        Each(texts, t => Sequence(model, t, []));

    private static void Each<T>(IReadOnlyList<T> requests, Action<T> check)
    {
        for (int i = 0; i < requests.Count; i++)
        {
            RequestException.Of(i, () => check(requests[i]));
        }
    }

    private static void Sequence(ILanguageModel model, int[] prompt, IReadOnlyList<int[]> continuations)
    {
        if (prompt.Length == 0)
        {
            throw new InputException("the prompt is empty: a model predicts from at least one token");
        }

        // The last token of a continuation is predicted and never read.
        int longest = prompt.Length + Math.Max(0, continuations.Select(c => c.Length).DefaultIfEmpty(0).Max() - 1);
        if (longest > model.ContextLength)
        {
            throw new InputException(
                $"a sequence of {longest} tokens is longer than the model's context of {model.ContextLength}"
            );
        }

        foreach (int id in continuations.Prepend(prompt).SelectMany(ids => ids))
        {
            if (id < 0 || id >= model.VocabularySize)
            {
                throw new InputException($"token id {id} is outside the vocabulary of {model.VocabularySize}");
            }
        }
    }
}
