namespace Fulcrum.Torch.Inference;

/// <summary>Token sequences as a radix tree: what several of them begin with is there once.</summary>
internal sealed class TokenTree
{
    private readonly TokenNode[] ends;

    private TokenTree(TokenNode[] ends, List<TokenNode> nodes) => (this.ends, Nodes) = (ends, nodes);

    /// <summary>All nodes, every parent before its children, depth first: the order in which packs are cut.</summary>
    public IReadOnlyList<TokenNode> Nodes { get; }

    /// <summary>The node that holds the last token of a sequence.</summary>
    public TokenNode EndOf(int sequence) => ends[sequence];

    /// <summary>Builds the tree; nodes longer than <paramref name="longest"/> are cut into chains.</summary>
    /// <param name="sequences">None of them empty.</param>
    /// <param name="share">False: every sequence is a branch of its own, the form that the shared one is tested
    /// against.</param>
    public static TokenTree Of(IReadOnlyList<int[]> sequences, int longest, bool share = true)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count)];
        Array.Sort(
            order,
            (a, b) => sequences[a].AsSpan().SequenceCompareTo(sequences[b]) is var c && c != 0 ? c : a.CompareTo(b)
        );
        TokenNode[] ends = new TokenNode[sequences.Count];
        List<TokenNode> nodes = [];
        TokenNode? end = null;
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
                TokenNode upper = end.CutAt(common - end.Depth);
                nodes.Insert(nodes.LastIndexOf(end), upper);
                end = upper;
            }

            if (common < next.Length)
            {
                end = new TokenNode(next, common, next.Length - common, end);
                nodes.Add(end);
            }

            (ends[index], previous) = (end!, next);
        }

        return new TokenTree(ends, [.. nodes.SelectMany(n => n.Chain(longest))]);
    }

    /// <summary>Cuts nodes, in order, into packs of at most <paramref name="budget"/> tokens.</summary>
    public static IEnumerable<IReadOnlyList<TokenNode>> Packs(IEnumerable<TokenNode> nodes, int budget)
    {
        List<TokenNode> pack = [];
        int tokens = 0;
        foreach (TokenNode node in nodes)
        {
            if (pack.Count > 0 && tokens + node.Length > budget)
            {
                yield return pack;
                (pack, tokens) = ([], 0);
            }

            pack.Add(node);
            tokens += node.Length;
        }

        if (pack.Count > 0)
        {
            yield return pack;
        }
    }
}
