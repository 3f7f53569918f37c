using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>A running sequence: its nodes in the prefix tree, and its own tokens, which begin at position
/// <see cref="Depth"/>. <see cref="Length"/> of them are in the KV cache.</summary>
internal sealed class RunningSequence(IReadOnlyList<PrefixNode> nodes, int depth)
{
    /// <summary>From the root on.</summary>
    public IReadOnlyList<PrefixNode> Nodes => nodes;

    /// <summary>Position of the first token in the cache.</summary>
    public int Depth => depth;

    /// <summary>Tokens in the cache.</summary>
    public int Length { get; set; }

    /// <summary>The nodes with so few readers that each of their readers attends to them separately.</summary>
    public IReadOnlyList<PrefixNode> ReadByRow { get; set; } = [];

    /// <summary>The other nodes, which all rows read together.</summary>
    public PrefixNode[] ReadTogether { get; set; } = [];
}

/// <summary>A new token of a running sequence in a decoding step.</summary>
/// <param name="Slot">The sequence's place in the KV cache.</param>
/// <param name="Offset">0 for the first new token of the sequence, 1 for the next one.</param>
internal sealed record StepRow(RunningSequence Sequence, int Slot, int Offset)
{
    /// <summary>Tokens before this one in the KV cache.</summary>
    public int Length => Sequence.Length + Offset;

    /// <summary>Position of this token.</summary>
    public int Position => Sequence.Depth + Length;
}

/// <summary>One layer's KV cache of running sequences, written and read row by row: each sequence's own tokens, and
/// nodes with few readers.</summary>
/// <param name="Keys">[slots, capacity, keyValueHeads, headDim]; a sequence's tokens are those of its slot.</param>
/// <param name="Values">As <paramref name="Keys"/>.</param>
internal sealed record CachedRows(Tensor Keys, Tensor Values)
{
    private readonly int capacity = (int)Keys.size(1),
        heads = (int)Keys.size(2),
        size = (int)Keys.size(3),
        bytes = (int)Keys.dtype.ElementSize();

    /// <summary>Whether rows of this type and size can be computed here.</summary>
    public bool Supports(Tensor query, Tensor key, Tensor value) =>
        RowAttention.Supports(query)
        && RowKernels.Supports(Keys)
        && new[] { query, key, value, Values }.All(t => t.dtype == Keys.dtype);

    /// <summary>Writes the new tokens of each sequence after its last one and computes their attention, each to itself
    /// and those before it. A row's result does not depend on the other rows.</summary>
    /// <param name="query">[N, keyValueHeads, group, headDim]</param>
    /// <param name="key">[N, keyValueHeads, headDim]</param>
    /// <param name="value">As <paramref name="key"/>.</param>
    /// <param name="steps">The N rows; each slot has room for its new tokens.</param>
    /// <param name="window">Null: no sliding window.</param>
    /// <param name="begun">The attention to the nodes that are not read by row; null: it is merged later.</param>
    /// <returns>As <see cref="RowAttention.Attend"/>.</returns>
    public (Tensor Output, Tensor LogSum) Attend(
        int layer,
        Tensor query,
        Tensor key,
        Tensor value,
        IReadOnlyList<StepRow> steps,
        int? window,
        RowAttention.Begun? begun
    )
    {
        (IntPtr Keys, IntPtr Values) own = (Written(Keys, key, steps), Written(Values, value, steps));
        return RowAttention.Attend(query, [.. steps.Select(row => Seen(row, layer, own, window))], begun);
    }

    // The segments that a row attends to: the nodes that are read by row, then the cache; only what is inside the
    // row's window. The new token is the last one.
    private RowAttention.KvSegment[] Seen(StepRow row, int layer, (IntPtr Keys, IntPtr Values) own, int? window)
    {
        int first = window is { } w ? row.Position - w + 1 : 0;
        List<RowAttention.KvSegment> seen = [];
        foreach (PrefixNode node in row.Sequence.ReadByRow)
        {
            Add(
                NativeTensor.DataPointer(node.Cache[layer].Key),
                NativeTensor.DataPointer(node.Cache[layer].Value),
                node.Depth,
                node.Length,
                size,
                node.Length * size
            );
        }

        nint start = (nint)row.Slot * capacity * heads * size * bytes;
        Add(own.Keys + start, own.Values + start, row.Sequence.Depth, row.Length + 1, heads * size, size);
        return [.. seen];

        void Add(IntPtr keys, IntPtr values, int depth, int length, int between, int apart)
        {
            int hidden = Math.Max(0, first - depth);
            nint skipped = (nint)hidden * between * bytes;
            if (hidden < length)
            {
                seen.Add(new RowAttention.KvSegment(keys + skipped, values + skipped, length - hidden, between, apart));
            }
        }
    }

    // Writes the new tokens into the cache and returns its address.
    private unsafe IntPtr Written(Tensor cache, Tensor fresh, IReadOnlyList<StepRow> steps)
    {
        using Tensor rows = fresh.contiguous();
        byte* from = (byte*)NativeTensor.DataPointer(rows),
            to = (byte*)NativeTensor.DataPointer(cache);
        int row = heads * size * bytes;
        for (int i = 0; i < steps.Count; i++)
        {
            new ReadOnlySpan<byte>(from + (long)i * row, row).CopyTo(
                new Span<byte>(to + ((long)steps[i].Slot * capacity + steps[i].Length) * row, row)
            );
        }

        return (IntPtr)to;
    }
}
