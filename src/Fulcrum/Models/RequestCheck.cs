namespace Fulcrum.Models;

/// <summary>What every engine refuses before it computes.</summary>
internal static class RequestCheck
{
    /// <summary>Checks a prompt and the continuations after it.</summary>
    /// <exception cref="InputException">The prompt is empty, an id is outside the vocabulary, or a sequence exceeds the
    /// model's context.</exception>
    public static void Sequence(ILanguageModel model, int[] prompt, IReadOnlyList<int[]> continuations)
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
