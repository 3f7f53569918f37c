using Fulcrum.Llama.Worker;

namespace Fulcrum.Llama.Inference;

/// <summary>Puts groups of sequences into the KV cache, one group after another. The prefix that a group shares with
/// the next one stays in the cache.</summary>
/// <param name="batch">The largest number of tokens per call of <see cref="ILlamaContext.Decode"/>.</param>
/// <param name="rows">The largest number of questions per call.</param>
internal sealed class GroupedCache(ILlamaContext context, int batch, int rows)
{
    // The sequence that holds the shared prefix while the sequences of one group are replaced by those of the next.
    private const int Keeper = ILlamaContext.MostSequences - 1;

    /// <summary>The largest number of sequences of a group.</summary>
    public const int MostSequences = Keeper;

    private int[] lastSequence = [];
    private int count;

    /// <summary>Computes a group's tokens and reports the answers to questions about them.</summary>
    /// <param name="questions">The questions about the predictions after tokens; at least one.</param>
    /// <param name="answered">Called with each answer, in the order of the tokens.</param>
    public void Enter(
        SequenceGroup group,
        IReadOnlyDictionary<TokenPlace, TokenQuestion> questions,
        Action<TokenPlace, TokenAnswer> answered,
        CancellationToken cancellation
    )
    {
        // A token with a question is computed again, because the cache does not have its prediction.
        int firstQuestion = questions.Keys.Min(place => place.Position);
        int cached = Math.Min(firstQuestion, SequenceGroup.CommonPrefix(lastSequence, group.First));
        Replace(group, cached);
        List<BatchToken> tokens = [];
        List<TokenPlace> asked = [];
        foreach ((TokenPlace place, BatchToken token) in group.Tokens(cached, questions))
        {
            tokens.Add(token);
            if (token.Question is not null)
            {
                asked.Add(place);
            }

            if (tokens.Count == batch || asked.Count == rows)
            {
                Decode(tokens, asked, answered, cancellation);
            }
        }

        if (tokens.Count > 0)
        {
            Decode(tokens, asked, answered, cancellation);
        }

        (lastSequence, count) = (group.Last, group.Count);
    }

    /// <summary>Must be called after the sequences of the group were removed or extended. The next group then reuses
    /// nothing.</summary>
    public void Forget() => (lastSequence, count) = ([], 0);

    // Replaces the sequences of the previous group by the cached prefixes of a group. The last of them has the most
    // tokens in common with the group.
    private void Replace(SequenceGroup group, int cached)
    {
        if (cached == 0)
        {
            context.Clear();
            return;
        }

        context.Share(count - 1, Keeper, cached);
        for (int i = 0; i < count; i++)
        {
            context.Remove(i);
        }

        int[] lengths = group.CachedLengths(cached);
        for (int i = 0; i < group.Count; i++)
        {
            if (lengths[i] > 0)
            {
                context.Share(Keeper, i, lengths[i]);
            }
        }

        context.Remove(Keeper);
    }

    // Computes the collected tokens, reports their answers and empties both lists.
    private void Decode(
        List<BatchToken> tokens,
        List<TokenPlace> asked,
        Action<TokenPlace, TokenAnswer> answered,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        IReadOnlyList<TokenAnswer> answers = context.Decode(tokens);
        for (int i = 0; i < asked.Count; i++)
        {
            answered(asked[i], answers[i]);
        }

        tokens.Clear();
        asked.Clear();
    }
}
