using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Attention over a pack of nodes, [T]: a token sees its node's ancestors and, in its own node, itself and what lies before it.</summary>
/// <remarks>Computed block by block, so that the cost and the memory are those of the pairs that see each other, not of the square of the pack.</remarks>
internal sealed class TreeAttention(IReadOnlyList<TokenNode> pack) : IAttention
{
    private const int Rows = 256;

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        (long heads, long keyValueHeads, long size) = (query.shape[1], key.shape[1], query.shape[2]);
        Tensor q = query.view(query.shape[0], keyValueHeads, heads / keyValueHeads, size).permute(1, 2, 0, 3); // [KV, G, T, hd]
        Tensor k = key.transpose(0, 1).contiguous(), v = value.transpose(0, 1).contiguous(); // [KV, T, hd]
        List<Tensor> outputs = [];
        (TokenNode? parent, Tensor? beforeKey, Tensor? beforeValue) = (null, null, null);
        foreach (TokenNode node in pack)
        {
            Tensor ownKey = k.narrow(1, node.Start, node.Length), ownValue = v.narrow(1, node.Start, node.Length);
            node.Cache.Add((ownKey.DetachFromDisposeScope(), ownValue.DetachFromDisposeScope()));
            if (node.Parent is not null && node.Parent != parent)
            {
                (parent, beforeKey, beforeValue) = (node.Parent, Joined(node.Parent, layer, c => c.Key), Joined(node.Parent, layer, c => c.Value));
            }

            Tensor allKeys = node.Parent is null ? ownKey : cat([beforeKey!, ownKey], 1), allValues = node.Parent is null ? ownValue : cat([beforeValue!, ownValue], 1);
            for (int from = 0; from < node.Length; from += Rows)
            {
                int count = Math.Min(Rows, node.Length - from);
                outputs.Add(Block(q.narrow(2, node.Start + from, count), allKeys, allValues, node.Depth + from, window));
            }
        }

        return cat(outputs, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Keys or values of a path, [keyValueHeads, tokens, headDim].</summary>
    public static Tensor Joined(TokenNode end, int layer, Func<(Tensor Key, Tensor Value), Tensor> of)
    {
        Tensor[] parts = [.. end.Path.Select(n => of(n.Cache[layer]))];
        return parts.Length == 1 ? parts[0].alias() : cat(parts, 1);
    }

    // Rows at positions first.. against every key up to the last row's own; the triangle lies at the right edge.
    private static Tensor Block(Tensor q, Tensor keys, Tensor values, int first, int? window)
    {
        (long keyValueHeads, long group, long count, long size) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        long seen = first + count, from = window is { } w ? Math.Max(0, first - w + 1) : 0;
        Tensor k = keys.narrow(1, from, seen - from), v = values.narrow(1, from, seen - from);
        Tensor scores = q.reshape(keyValueHeads, group * count, size).matmul(k.transpose(1, 2)).to_type(ScalarType.Float32).view(keyValueHeads, group, count, seen - from);
        if (count > 1 || window is not null)
        {
            Tensor back = arange(first, seen, device: q.device).unsqueeze(1) - arange(from, seen, device: q.device).unsqueeze(0);
            scores = scores.masked_fill_(window is { } limit ? (back < 0).logical_or(back >= limit) : back < 0, float.NegativeInfinity);
        }

        Tensor mixed = scores.softmax(-1).to_type(v.dtype).view(keyValueHeads, group * count, seen - from).matmul(v);
        return mixed.view(keyValueHeads, group, count, size).permute(2, 0, 1, 3).reshape(count, keyValueHeads * group * size);
    }
}
