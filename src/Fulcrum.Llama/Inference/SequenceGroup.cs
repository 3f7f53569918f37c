using Fulcrum.Llama.Worker;

namespace Fulcrum.Llama.Inference;

/// <summary>Token sequences that are in the KV cache at the same time. Shared prefixes are computed once.</summary>
/// <remarks>The sequences are distinct and sorted, so that a sequence has its longest shared prefix with a
/// neighbour.</remarks>
internal sealed class SequenceGroup
{
    private readonly IReadOnlyList<int[]> sequences;
    private readonly int[] shared; // length of the prefix shared with the previous sequence of the group

    private SequenceGroup(int first, IReadOnlyList<int[]> sequences, int[] shared)
    {
        (First, this.sequences, this.shared) = (first, sequences, shared);
    }

    /// <summary>The index of the group's first sequence among all.</summary>
    public int First { get; }

    /// <summary>Number of sequences.</summary>
    public int Count => sequences.Count;

    /// <summary>Divides sorted sequences into groups.</summary>
    /// <param name="cells">The largest number of tokens of a group. A single sequence may have more.</param>
    /// <param name="most">The largest number of sequences of a group.</param>
    /// <param name="extra">The number of tokens that each sequence will grow by.</param>
    public static IEnumerable<SequenceGroup> Of(
        IReadOnlyList<int[]> sorted,
        int cells,
        int most,
        IReadOnlyList<int> extra
    )
    {
        for (int first = 0, end; first < sorted.Count; first = end)
        {
            List<int> shared = [0];
            long used = sorted[first].Length + extra[first];
            for (end = first + 1; end < sorted.Count && end - first < most; end++)
            {
                int common = Common(sorted[end - 1], sorted[end]);
                used += sorted[end].Length - common + extra[end];
                if (used > cells)
                {
                    break;
                }

                shared.Add(common);
            }

            yield return new SequenceGroup(
                first,
                [.. Enumerable.Range(first, end - first).Select(i => sorted[i])],
                [.. shared]
            );
        }
    }

    /// <summary>Returns the length of the common prefix of two sequences.</summary>
    public static int Common(int[] a, int[] b) => a.AsSpan().CommonPrefixLength(b);

    /// <summary>Orders sequences so that those with equal prefixes are neighbours.</summary>
    public static int Compare(int[] a, int[] b) => a.AsSpan().SequenceCompareTo(b);

    /// <summary>Returns for each sequence how many of its tokens are cached, if the cache has the first
    /// <paramref name="kept"/> tokens of the first sequence.</summary>
    public int[] Kept(int kept)
    {
        int[] lengths = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            lengths[i] = i == 0 ? Math.Min(kept, sequences[0].Length) : Math.Min(lengths[i - 1], shared[i]);
        }

        return lengths;
    }

    /// <summary>Returns the tokens to compute. A token comes before those that attend to it.</summary>
    /// <param name="kept">The number of cached tokens of the first sequence.</param>
    /// <param name="question">Returns the question after the token at a position of a sequence of the group; null for
    /// none.</param>
    public IEnumerable<BatchToken> Tokens(int kept, Func<int, int, TokenQuestion?> question)
    {
        int[] held = Kept(kept);
        for (int i = 0; i < Count; i++)
        {
            for (int p = Math.Max(shared[i], held[i]); p < sequences[i].Length; p++)
            {
                yield return new BatchToken(
                    sequences[i][p],
                    p,
                    [.. Enumerable.Range(i, Sharing(i, p))],
                    question(i, p)
                );
            }
        }
    }

    /// <summary>Returns the number of consecutive sequences from the given one on that share its token at a
    /// position.</summary>
    public int Sharing(int sequence, int position)
    {
        int end = sequence + 1;
        while (end < Count && shared[end] > position)
        {
            end++;
        }

        return end - sequence;
    }
}
