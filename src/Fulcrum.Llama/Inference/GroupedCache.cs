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

    private int[] last = [];
    private int count;

    /// <summary>Computes a group's tokens and reports the answers.</summary>
    /// <param name="first">The group's first sequence.</param>
    /// <param name="final">The group's last sequence.</param>
    /// <param name="keep">The largest number of cached tokens that may be reused. A token with a question is computed
    /// again.</param>
    /// <param name="question">Returns the question after the token at a position of a sequence of the group; null for
    /// none.</param>
    /// <param name="answered">Called with the sequence, the position and the answer.</param>
    public void Enter(
        SequenceGroup group,
        int[] first,
        int[] final,
        int keep,
        Func<int, int, TokenQuestion?> question,
        Action<int, int, TokenAnswer> answered,
        CancellationToken cancellation
    )
    {
        int kept = Math.Min(keep, SequenceGroup.Common(last, first));
        Switch(group, kept);
        List<BatchToken> tokens = [];
        List<(int Sequence, int Position)> asked = [];
        foreach (BatchToken token in group.Tokens(kept, question))
        {
            tokens.Add(token);
            if (token.Question is not null)
            {
                asked.Add((token.Sequences[0], token.Position));
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

        (last, count) = (final, group.Count);
    }

    /// <summary>Must be called after the sequences of the group were removed or extended. The next group then reuses
    /// nothing.</summary>
    public void Forget()
    {
        (last, count) = ([], 0);
    }

    private void Switch(SequenceGroup group, int kept)
    {
        if (kept == 0)
        {
            context.Clear();
            return;
        }

        context.Share(count - 1, Keeper, kept);
        for (int i = 0; i < count; i++)
        {
            context.Remove(i);
        }

        int[] lengths = group.Kept(kept);
        for (int i = 0; i < group.Count; i++)
        {
            if (lengths[i] > 0)
            {
                context.Share(Keeper, i, lengths[i]);
            }
        }

        context.Remove(Keeper);
    }

    private void Decode(
        List<BatchToken> tokens,
        List<(int Sequence, int Position)> asked,
        Action<int, int, TokenAnswer> answered,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        IReadOnlyList<TokenAnswer> answers = context.Decode(tokens);
        for (int i = 0; i < asked.Count; i++)
        {
            answered(asked[i].Sequence, asked[i].Position, answers[i]);
        }

        tokens.Clear();
        asked.Clear();
    }
}
