namespace Fulcrum.Torch.Inference;

/// <summary>A block of rows that attend to each other: several short nodes with a mask, or one node with causal
/// attention.</summary>
/// <param name="Mask">[Count, Count], 0 where row i attends to row j, otherwise minus infinity; null: causal.</param>
internal sealed record OwnBlock(int Start, int Count, float[]? Mask);

/// <summary>Rows of a batch that all attend to every token of a node outside their own block.</summary>
internal sealed record AncestorBlock(PrefixNode Node, int Start, int Count);

/// <summary>How attention over a node batch is divided into blocks. The cost grows with the number of pairs that
/// attend to each other, not with the square of the batch.</summary>
/// <remarks>Nodes are ordered depth first, so a node's descendants are contiguous.</remarks>
internal sealed record NodeBatchPlan(IReadOnlyList<OwnBlock> Own, IReadOnlyList<AncestorBlock> Ancestors)
{
    // Short nodes share a block up to this many rows: a few masked matmuls cost less than one call per node.
    private const int BlockRows = 128;

    /// <summary>Sets every node's <see cref="PrefixNode.Start"/> and plans the blocks.</summary>
    public static NodeBatchPlan Of(IReadOnlyList<PrefixNode> batch)
    {
        int rows = 0;
        foreach (PrefixNode node in batch)
        {
            node.Start = rows;
            rows += node.Length;
        }

        List<OwnBlock> own = [];
        Dictionary<PrefixNode, int> blockEnd = [];
        for (int first = 0, last; first < batch.Count; first = last + 1)
        {
            last = LastOfBlock(batch, first);
            (int start, int end) = (batch[first].Start, batch[last].Start + batch[last].Length);
            own.Add(new OwnBlock(start, end - start, first == last ? null : Mask(batch, first, last)));
            for (int i = first; i <= last; i++)
            {
                blockEnd[batch[i]] = end;
            }
        }

        return new NodeBatchPlan(own, AncestorsOf(batch, blockEnd));
    }

    private static int LastOfBlock(IReadOnlyList<PrefixNode> batch, int first)
    {
        int last = first,
            count = batch[first].Length;
        while (last + 1 < batch.Count && count + batch[last + 1].Length <= BlockRows)
        {
            count += batch[++last].Length;
        }

        return last;
    }

    // Every node with descendants after its own block, and their rows.
    private static List<AncestorBlock> AncestorsOf(
        IReadOnlyList<PrefixNode> batch,
        Dictionary<PrefixNode, int> blockEnd
    )
    {
        Dictionary<PrefixNode, (int From, int To)> below = [];
        foreach (PrefixNode node in batch)
        {
            int end = node.Start + node.Length;
            for (PrefixNode? above = node.Parent; above is not null; above = above.Parent)
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

    private static float[] Mask(IReadOnlyList<PrefixNode> batch, int first, int last)
    {
        int start = batch[first].Start,
            count = batch[last].Start + batch[last].Length - start;
        float[] mask = new float[count * count];
        Array.Fill(mask, float.NegativeInfinity);
        HashSet<PrefixNode> inside = [];
        for (int i = first; i <= last; i++)
        {
            PrefixNode node = batch[i];
            inside.Add(node);
            // An ancestor's Start is valid only if the ancestor is in this block.
            for (PrefixNode? seen = node; seen is not null && inside.Contains(seen); seen = seen.Parent)
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
