using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>A node batch as <see cref="BlockAttention"/> computes it: the keys of each node, and of each ancestor that
/// an earlier batch has computed, are a segment; the rows of a node attend to the segments of its path.</summary>
internal sealed class TreeSegments
{
    private readonly IReadOnlyList<PrefixNode> cached;
    private readonly IReadOnlyList<BlockAttention.NodeRows> rows;

    private TreeSegments(IReadOnlyList<PrefixNode> cached, IReadOnlyList<BlockAttention.NodeRows> rows) =>
        (this.cached, this.rows) = (cached, rows);

    /// <param name="batch">Nodes whose <see cref="PrefixNode.Start"/> is set.</param>
    public static TreeSegments Of(IReadOnlyList<PrefixNode> batch)
    {
        Dictionary<PrefixNode, int> index = batch.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i);
        List<PrefixNode> cached = [];
        foreach (PrefixNode node in batch.SelectMany(n => n.Path))
        {
            if (index.TryAdd(node, index.Count))
            {
                cached.Add(node);
            }
        }

        return new TreeSegments(
            cached,
            [
                .. batch.Select(n => new BlockAttention.NodeRows(
                    n.Start,
                    n.Length,
                    [.. n.Path.Select(above => index[above])]
                )),
            ]
        );
    }

    /// <summary>Whether all keys and values have the supported type.</summary>
    public bool Fit(int layer, Tensor key, Tensor value) =>
        cached
            .SelectMany(n => new[] { n.Cache[layer].Key, n.Cache[layer].Value })
            .Append(key)
            .Append(value)
            .All(t => t.dtype == ScalarType.Float32 && RowKernels.Supports(t));

    /// <summary>Computes one layer.</summary>
    /// <param name="query">[T, heads, headDim]</param>
    /// <param name="key">[T, keyValueHeads, headDim]</param>
    /// <param name="value">As <paramref name="key"/>.</param>
    /// <returns>[T, heads · headDim], and log Σ exp(score), [keyValueHeads, heads / keyValueHeads, T].</returns>
    public (Tensor Output, Tensor Sum) Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        using Tensor keys = key.contiguous(),
            values = value.contiguous(),
            grouped = query.view(query.size(0), key.size(1), query.size(1) / key.size(1), query.size(2));
        (int heads, int size) = ((int)key.size(1), (int)key.size(2));
        return BlockAttention.Attend(
            grouped,
            [
                .. rows.Select(r => BlockAttention.SegmentOf(keys, values, r)),
                .. cached.Select(n => new RowAttention.KvSegment(
                    NativeTensor.DataPointer(n.Cache[layer].Key),
                    NativeTensor.DataPointer(n.Cache[layer].Value),
                    n.Length,
                    size,
                    n.Length * size
                )),
            ],
            rows
        );
    }

    /// <summary>The gradients of <see cref="Attend"/>, of a batch that attends to no node of an earlier one.</summary>
    /// <param name="gradient">As the output.</param>
    /// <returns>As query, key and value.</returns>
    public List<Tensor> Backward(Tensor gradient, Tensor query, Tensor key, Tensor value, Tensor output, Tensor sum)
    {
        using Tensor keys = key.contiguous(),
            values = value.contiguous(),
            grouped = query.view(query.size(0), key.size(1), query.size(1) / key.size(1), query.size(2));
        (Tensor forQuery, Tensor forKey, Tensor forValue) = BlockAttentionBackward.Compute(
            gradient,
            grouped,
            keys,
            values,
            rows,
            output,
            sum
        );
        return [forQuery, forKey, forValue];
    }

    /// <summary>Whether the batch attends to no node of an earlier one.</summary>
    public bool IsWhole => cached.Count == 0;
}
