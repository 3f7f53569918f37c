using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Attention of the rows of a decoding step to the nodes that several sequences read, by
/// <see cref="BlockAttention"/>: the keys of a node are read once for all rows that share the path to it.</summary>
internal sealed class SharedPrefixes : IDisposable
{
    private readonly int[] places;
    private readonly Tensor picked;
    private readonly PrefixNode[] nodes;
    private readonly BlockAttention.NodeRows[] rows;

    private SharedPrefixes(IReadOnlyList<PrefixNode[]> shared)
    {
        (int Row, PrefixNode[] Path)[] order =
        [
            .. shared.Select((path, row) => (row, path)).Where(s => s.path.Length > 0).OrderBy(s => s.path[^1].Depth),
        ];
        IGrouping<PrefixNode, (int Row, PrefixNode[] Path)>[] groups = [.. order.GroupBy(s => s.Path[^1])];
        nodes = [.. order.SelectMany(s => s.Path).Distinct()];
        (places, rows) = ([.. shared.Select(_ => -1)], new BlockAttention.NodeRows[groups.Length]);
        int done = 0;
        for (int g = 0; g < groups.Length; g++)
        {
            int[] seen = [.. groups[g].First().Path.Select(n => Array.IndexOf(nodes, n))];
            rows[g] = new BlockAttention.NodeRows(done, groups[g].Count(), seen, Causal: false);
            foreach ((int row, _) in groups[g])
            {
                places[row] = done++;
            }
        }

        picked = tensor(groups.SelectMany(g => g).Select(s => (long)s.Row).ToArray()).DetachFromDisposeScope();
    }

    /// <summary>Prepares a pass over some rows; null if none of them shares a node.</summary>
    /// <param name="shared">For each row the nodes that are read together, from the root on.</param>
    public static SharedPrefixes? Of(IReadOnlyList<PrefixNode[]> shared) =>
        shared.Any(path => path.Length > 0) ? new SharedPrefixes(shared) : null;

    /// <summary>Computes one layer.</summary>
    /// <param name="query">[N, keyValueHeads, group, headDim]</param>
    public RowAttention.Begun Attend(int layer, Tensor query)
    {
        using Tensor asking = query.Rows(picked);
        int size = (int)query.size(3);
        (Tensor output, Tensor sum) = BlockAttention.Attend(
            asking,
            [
                .. nodes.Select(n => new RowAttention.KvSegment(
                    NativeTensor.DataPointer(n.Cache[layer].Key),
                    NativeTensor.DataPointer(n.Cache[layer].Value),
                    n.Length,
                    size,
                    n.Length * size
                )),
            ],
            rows
        );
        return new RowAttention.Begun(output, sum, places);
    }

    /// <inheritdoc/>
    public void Dispose() => picked.Dispose();
}
