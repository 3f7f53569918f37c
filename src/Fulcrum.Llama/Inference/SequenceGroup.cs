using Fulcrum.Llama.Worker;

namespace Fulcrum.Llama.Inference;

/// <summary>Token sequences that are in the KV cache together; tokens that several of them begin with are computed
/// once.</summary>
/// <remarks>The sequences are distinct and sorted, so that a sequence shares most with its neighbours.</remarks>
internal sealed class SequenceGroup
{
    private readonly IReadOnlyList<int[]> sequences;
    private readonly int[] shared; // with the previous sequence of the group

    private SequenceGroup(int first, IReadOnlyList<int[]> sequences, int[] shared)
    {
        (First, this.sequences, this.shared) = (first, sequences, shared);
    }

    /// <summary>The group's first sequence among all.</summary>
    public int First { get; }

    /// <summary>Number of sequences.</summary>
    public int Count => sequences.Count;

    /// <summary>Cuts sorted sequences into groups.</summary>
    /// <param name="cells">The most tokens of a group; a single sequence may have more
    /// <paramref name="extra"/>.</param>
    /// <param name="most">The most sequences of a group.</param>
    /// <param name="extra">Tokens that each sequence needs beyond its own.</param>
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

    /// <summary>Number of tokens that two sequences begin with.</summary>
    public static int Common(int[] a, int[] b) => a.AsSpan().CommonPrefixLength(b);

    /// <summary>Orders sequences so that equal beginnings are neighbours.</summary>
    public static int Compare(int[] a, int[] b) => a.AsSpan().SequenceCompareTo(b);

    /// <summary>How many tokens of each sequence are among the first <paramref name="kept"/> of the first
    /// sequence.</summary>
    public int[] Kept(int kept)
    {
        int[] lengths = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            lengths[i] = i == 0 ? Math.Min(kept, sequences[0].Length) : Math.Min(lengths[i - 1], shared[i]);
        }

        return lengths;
    }

    /// <summary>The tokens to compute, each before those that attend to it.</summary>
    /// <param name="kept">Tokens of the first sequence that the cache holds already.</param>
    /// <param name="question">What is asked after a token: called with a sequence of the group and a position; null for
    /// nothing.</param>
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

    /// <summary>Number of sequences, from one on, that share its token at a position.</summary>
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
