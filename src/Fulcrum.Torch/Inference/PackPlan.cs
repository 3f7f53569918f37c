namespace Fulcrum.Torch.Inference;

/// <summary>Rows of a pack that see each other by a mask, because they are short nodes side by side, or a single node
/// that sees itself causally.</summary>
/// <param name="Mask">[Count, Count], 0 where row i sees row j and minus infinity elsewhere; null: causal.</param>
internal sealed record OwnBlock(int Start, int Count, float[]? Mask);

/// <summary>Rows of a pack that all see the whole of a node outside their own block.</summary>
internal sealed record AncestorBlock(TokenNode Node, int Start, int Count);

/// <summary>How attention over a pack is cut into blocks; the cost is that of the pairs that see each other, not of the
/// square of the pack.</summary>
/// <remarks>Nodes stand depth first, so the descendants of a node are neighbours.</remarks>
internal sealed record PackPlan(IReadOnlyList<OwnBlock> Own, IReadOnlyList<AncestorBlock> Ancestors)
{
    // Short nodes share a block up to this many rows: a few masked products are cheaper than a call a node.
    private const int BlockRows = 128;

    /// <summary>Sets every node's <see cref="TokenNode.Start"/> and plans the blocks.</summary>
    public static PackPlan Of(IReadOnlyList<TokenNode> pack)
    {
        int rows = 0;
        foreach (TokenNode node in pack)
        {
            node.Start = rows;
            rows += node.Length;
        }

        List<OwnBlock> own = [];
        Dictionary<TokenNode, int> blockEnd = [];
        for (int first = 0, last; first < pack.Count; first = last + 1)
        {
            last = LastOfBlock(pack, first);
            (int start, int end) = (pack[first].Start, pack[last].Start + pack[last].Length);
            own.Add(new OwnBlock(start, end - start, first == last ? null : Mask(pack, first, last)));
            for (int i = first; i <= last; i++)
            {
                blockEnd[pack[i]] = end;
            }
        }

        return new PackPlan(own, AncestorsOf(pack, blockEnd));
    }

    private static int LastOfBlock(IReadOnlyList<TokenNode> pack, int first)
    {
        int last = first,
            count = pack[first].Length;
        while (last + 1 < pack.Count && count + pack[last + 1].Length <= BlockRows)
        {
            count += pack[++last].Length;
        }

        return last;
    }

    // Every node with descendants behind its own block, and which rows they are.
    private static List<AncestorBlock> AncestorsOf(IReadOnlyList<TokenNode> pack, Dictionary<TokenNode, int> blockEnd)
    {
        Dictionary<TokenNode, (int From, int To)> below = [];
        foreach (TokenNode node in pack)
        {
            int end = node.Start + node.Length;
            for (TokenNode? above = node.Parent; above is not null; above = above.Parent)
            {
                int from = Math.Max(node.Start, blockEnd.GetValueOrDefault(above));
                if (from < end)
                {
                    below[above] = below.TryGetValue(above, out (int From, int To) known)
                        ? (known.From, end)
                        : (from, end);
                }
            }
        }

        return
        [
            .. below
                .OrderBy(b => b.Value.From)
                .ThenBy(b => b.Key.Depth)
                .Select(b => new AncestorBlock(b.Key, b.Value.From, b.Value.To - b.Value.From)),
        ];
    }

    private static float[] Mask(IReadOnlyList<TokenNode> pack, int first, int last)
    {
        int start = pack[first].Start,
            count = pack[last].Start + pack[last].Length - start;
        float[] mask = new float[count * count];
        Array.Fill(mask, float.NegativeInfinity);
        HashSet<TokenNode> inside = [];
        for (int i = first; i <= last; i++)
        {
            TokenNode node = pack[i];
            inside.Add(node);
            // An ancestor's Start means something only where it is in this very block.
            for (TokenNode? seen = node; seen is not null && inside.Contains(seen); seen = seen.Parent)
            {
                for (int row = 0; row < node.Length; row++)
                {
                    mask.AsSpan(
                            (node.Start - start + row) * count + seen.Start - start,
                            seen == node ? row + 1 : seen.Length
                        )
                        .Clear();
                }
            }
        }

        return mask;
    }
}
