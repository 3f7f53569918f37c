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
        PrefixNode[] last = [.. shared.Where(p => p.Length > 0).Select(p => p[^1]).Distinct().OrderBy(n => n.Depth)];
        nodes = [.. shared.SelectMany(path => path).Distinct()];
        (places, rows) = (new int[shared.Count], new BlockAttention.NodeRows[last.Length]);
        Array.Fill(places, -1);
        List<long> order = [];
        for (int group = 0; group < last.Length; group++)
        {
            int start = order.Count;
            for (int row = 0; row < shared.Count; row++)
            {
                if (shared[row].LastOrDefault() == last[group])
                {
                    places[row] = order.Count;
                    order.Add(row);
                }
            }

            int[] seen = [.. shared[(int)order[start]].Select(n => Array.IndexOf(nodes, n))];
            rows[group] = new BlockAttention.NodeRows(start, order.Count - start, seen, Causal: false);
        }

        picked = tensor(order.ToArray()).DetachFromDisposeScope();
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
