using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Attention of running sequences to the nodes that several of them read, by <see cref="BlockAttention"/>:
/// the keys of a node are read once for all sequences that share the path to it.</summary>
internal sealed class SharedPrefixes : IDisposable
{
    private readonly int[] places;
    private readonly Tensor slots;
    private readonly PrefixNode[] nodes;
    private readonly BlockAttention.NodeRows[] rows;

    private SharedPrefixes(IReadOnlyList<PrefixNode[]> shared)
    {
        (int Slot, PrefixNode[] Path)[] order =
        [
            .. shared.Select((path, slot) => (slot, path)).Where(s => s.path.Length > 0).OrderBy(s => s.path[^1].Depth),
        ];
        IGrouping<PrefixNode, (int Slot, PrefixNode[] Path)>[] groups = [.. order.GroupBy(s => s.Path[^1])];
        nodes = [.. order.SelectMany(s => s.Path).Distinct()];
        (places, rows) = ([.. shared.Select(_ => -1)], new BlockAttention.NodeRows[groups.Length]);
        int done = 0;
        for (int g = 0; g < groups.Length; g++)
        {
            int[] seen = [.. groups[g].First().Path.Select(n => Array.IndexOf(nodes, n))];
            rows[g] = new BlockAttention.NodeRows(done, groups[g].Count(), seen, Causal: false);
            foreach ((int slot, _) in groups[g])
            {
                places[slot] = done++;
            }
        }

        slots = tensor(groups.SelectMany(g => g).Select(s => (long)s.Slot).ToArray()).DetachFromDisposeScope();
    }

    /// <summary>Prepares the passes over some sequences; null if none of them shares a node.</summary>
    /// <param name="shared">For each slot the nodes that others read too, from the root on.</param>
    public static SharedPrefixes? Of(IReadOnlyList<PrefixNode[]> shared) =>
        shared.Any(path => path.Length > 0) ? new SharedPrefixes(shared) : null;

    /// <summary>Computes one layer.</summary>
    /// <param name="query">[N, keyValueHeads, group, headDim]</param>
    public RowAttention.Begun Attend(int layer, Tensor query)
    {
        using Tensor asking = query.Rows(slots);
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
    public void Dispose() => slots.Dispose();
}
