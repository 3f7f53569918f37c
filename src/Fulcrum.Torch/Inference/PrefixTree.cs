namespace Fulcrum.Torch.Inference;

/// <summary>A prefix tree (radix tree) of token sequences: a shared prefix is stored once.</summary>
internal sealed class PrefixTree
{
    private readonly PrefixNode[] ends;

    private PrefixTree(PrefixNode[] ends, List<PrefixNode> nodes) => (this.ends, Nodes) = (ends, nodes);

    /// <summary>All nodes, every parent before its children, depth first. Node batches are cut in this
    /// order.</summary>
    public IReadOnlyList<PrefixNode> Nodes { get; }

    /// <summary>The node that holds the last token of a sequence.</summary>
    public PrefixNode EndOf(int sequence) => ends[sequence];

    /// <summary>Builds the tree; nodes longer than <paramref name="longest"/> are cut into chains.</summary>
    /// <param name="sequences">None of them empty.</param>
    /// <param name="share">False: no prefix is shared. This is the reference implementation.</param>
    public static PrefixTree Of(IReadOnlyList<int[]> sequences, int longest, bool share = true)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count)];
        Array.Sort(
            order,
            (a, b) => sequences[a].AsSpan().SequenceCompareTo(sequences[b]) is var c && c != 0 ? c : a.CompareTo(b)
        );
        PrefixNode[] ends = new PrefixNode[sequences.Count];
        List<PrefixNode> nodes = [];
        PrefixNode? end = null;
        int[] previous = [];
        foreach (int index in order)
        {
            int[] next = sequences[index];
            int common = share ? previous.AsSpan().CommonPrefixLength(next) : 0;
            while (end is not null && end.Depth >= common)
            {
                end = end.Parent;
            }

            if (end is not null && common < end.Depth + end.Length)
            {
                PrefixNode upper = end.CutAt(common - end.Depth);
                nodes.Insert(nodes.LastIndexOf(end), upper);
                end = upper;
            }

            if (common < next.Length)
            {
                end = new PrefixNode(next, common, next.Length - common, end);
                nodes.Add(end);
            }

            (ends[index], previous) = (end!, next);
        }

        return new PrefixTree(ends, [.. nodes.SelectMany(n => n.Chain(longest))]);
    }

    /// <summary>Cuts nodes, in order, into batches of at most <paramref name="budget"/> tokens.</summary>
    public static IEnumerable<IReadOnlyList<PrefixNode>> Batches(IEnumerable<PrefixNode> nodes, int budget)
    {
        List<PrefixNode> batch = [];
        int tokens = 0;
        foreach (PrefixNode node in nodes)
        {
            if (batch.Count > 0 && tokens + node.Length > budget)
            {
                yield return batch;
                (batch, tokens) = ([], 0);
            }

            batch.Add(node);
            tokens += node.Length;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
