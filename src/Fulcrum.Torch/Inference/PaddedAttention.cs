using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Attention over left-padded sequences, [B, T]. Each pass copies the KV cache to extend it, as most
/// libraries do.</summary>
/// <param name="padding">Number of padding columns at the start of each row.</param>
internal sealed class PaddedAttention(int layers, long[] padding) : IAttention, IDisposable
{
    private readonly (Tensor Key, Tensor Value)?[] cache = new (Tensor, Tensor)?[layers];

    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        if (cache[layer] is { } earlier)
        {
            (key, value) = (cat([earlier.Key, key], 1), cat([earlier.Value, value], 1));
        }

        Free(layer);
        cache[layer] = (key.clone().DetachFromDisposeScope(), value.clone().DetachFromDisposeScope());
        (long fresh, long seen, long group) = (query.shape[1], key.shape[1], query.shape[2] / key.shape[2]);
        Tensor q = UpcastMatmul.Upcast(query).transpose(1, 2),
            k = UpcastMatmul.Upcast(key).transpose(1, 2).repeat_interleave(group, 1),
            v = UpcastMatmul.Upcast(value).transpose(1, 2).repeat_interleave(group, 1); // [B, H, ., hd]
        Tensor row = arange(seen - fresh, seen, device: query.device).unsqueeze(1),
            column = arange(seen, device: query.device),
            back = row - column;
        Tensor hidden = window is { } w ? (back < 0).bitwise_or(back >= w) : back < 0;
        // A padding row attends to itself, because softmax over nothing is undefined.
        Tensor empty = (column < tensor(padding, device: query.device).view(-1, 1, 1)).bitwise_and(back != 0);
        Tensor scores = (q * Math.Pow(q.shape[^1], -0.5))
            .matmul(k.transpose(-2, -1))
            .to_type(ScalarType.Float32)
            .masked_fill(hidden.bitwise_or(empty).unsqueeze(1), float.NegativeInfinity);
        return scores
            .softmax(-1)
            .to_type(v.dtype)
            .matmul(v)
            .transpose(1, 2)
            .flatten(2)
            .to_type(query.dtype)
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => Enumerable.Range(0, layers).ToList().ForEach(Free);

    private void Free(int layer)
    {
        cache[layer]?.Key.Dispose();
        cache[layer]?.Value.Dispose();
        cache[layer] = null;
    }
}
