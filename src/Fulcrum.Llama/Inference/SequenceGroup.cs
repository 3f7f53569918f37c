using Fulcrum.Llama.Worker;

namespace Fulcrum.Llama.Inference;

/// <summary>A token of a <see cref="SequenceGroup"/>: a position in one of its sequences.</summary>
/// <param name="Sequence">The sequence of the group, from 0. Of several that share the token, the first.</param>
internal readonly record struct TokenPlace(int Sequence, int Position);

/// <summary>Token sequences that are in the KV cache at the same time. Shared prefixes are computed once.</summary>
/// <remarks>The sequences are sorted, so that a sequence has its longest shared prefix with a neighbour.</remarks>
internal sealed class SequenceGroup
{
    /// <summary>Sorts sequences so that those with equal prefixes are neighbours.</summary>
    public static readonly Comparer<int[]> PrefixOrder = Comparer<int[]>.Create(
        (a, b) => a.AsSpan().SequenceCompareTo(b)
    );

    private readonly int[][] sequences;
    private readonly int[] shared; // length of the prefix shared with the previous sequence of the group

    private SequenceGroup(int start, int[][] sequences, int[] shared) =>
        (Start, this.sequences, this.shared) = (start, sequences, shared);

    /// <summary>The index of the group's first sequence among all.</summary>
    public int Start { get; }

    /// <summary>Number of sequences.</summary>
    public int Count => sequences.Length;

    /// <summary>The tokens of the first sequence.</summary>
    public int[] First => sequences[0];

    /// <summary>The tokens of the last sequence.</summary>
    public int[] Last => sequences[^1];

    /// <summary>Divides sorted sequences into groups.</summary>
    /// <param name="mostTokens">The largest number of tokens of a group. A single sequence may have more.</param>
    /// <param name="mostSequences">The largest number of sequences of a group.</param>
    /// <param name="growth">The number of tokens that each sequence will grow by.</param>
    public static IEnumerable<SequenceGroup> Divide(
        IReadOnlyList<int[]> sorted,
        int mostTokens,
        int mostSequences,
        IReadOnlyList<int> growth
    )
    {
        for (int start = 0, end; start < sorted.Count; start = end)
        {
            List<int> shared = [0];
            long tokens = sorted[start].Length + growth[start];
            for (end = start + 1; end < sorted.Count && end - start < mostSequences; end++)
            {
                int common = CommonPrefix(sorted[end - 1], sorted[end]);
                tokens += sorted[end].Length - common + growth[end];
                if (tokens > mostTokens)
                {
                    break;
                }

                shared.Add(common);
            }

            yield return new SequenceGroup(start, [.. sorted.Skip(start).Take(end - start)], [.. shared]);
        }
    }

    /// <summary>Returns the length of the common prefix of two sequences.</summary>
    public static int CommonPrefix(int[] a, int[] b) => a.AsSpan().CommonPrefixLength(b);

    /// <summary>Returns the token at a position of a sequence, named by the first sequence that shares it.</summary>
    public TokenPlace PlaceOf(int sequence, int position)
    {
        while (shared[sequence] > position)
        {
            sequence--;
        }

        return new TokenPlace(sequence, position);
    }

    /// <summary>Returns for each sequence how many of its tokens are cached, if the cache has the first
    /// <paramref name="cached"/> tokens of the first sequence.</summary>
    public int[] CachedLengths(int cached)
    {
        int[] lengths = new int[Count];
        lengths[0] = Math.Min(cached, sequences[0].Length);
        for (int i = 1; i < Count; i++)
        {
            lengths[i] = Math.Min(lengths[i - 1], shared[i]);
        }

        return lengths;
    }

    /// <summary>Returns the tokens to compute. A token comes before those that attend to it.</summary>
    /// <param name="cached">The number of cached tokens of the first sequence.</param>
    public IEnumerable<(TokenPlace Place, BatchToken Token)> Tokens(
        int cached,
        IReadOnlyDictionary<TokenPlace, TokenQuestion> questions
    )
    {
        int[] cachedLengths = CachedLengths(cached);
        for (int i = 0; i < Count; i++)
        {
            for (int position = Math.Max(shared[i], cachedLengths[i]); position < sequences[i].Length; position++)
            {
                TokenPlace place = new(i, position);
                int[] sharers = [.. Enumerable.Range(i, CountSharing(place))];
                yield return (
                    place,
                    new BatchToken(sequences[i][position], position, sharers, questions.GetValueOrDefault(place))
                );
            }
        }
    }

    // Returns the number of consecutive sequences that share a token.
    private int CountSharing(TokenPlace place)
    {
        int end = place.Sequence + 1;
        while (end < Count && shared[end] > place.Position)
        {
            end++;
        }

        return end - place.Sequence;
    }
}
