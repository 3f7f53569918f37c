using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Causal attention over sequences, [T] or [B, T]: the reference implementation.</summary>
/// <remarks>Padding belongs on the right, where no real token attends to it.</remarks>
internal sealed class CausalAttention : IAttention
{
    /// <inheritdoc/>
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        long length = query.shape[^3],
            group = query.shape[^2] / key.shape[^2];
        Tensor q = UpcastMatmul.Upcast(query).transpose(-3, -2),
            k = UpcastMatmul.Upcast(key).transpose(-3, -2),
            v = UpcastMatmul.Upcast(value).transpose(-3, -2); // [..., H, T, hd]
        if (group > 1)
        {
            (k, v) = (k.repeat_interleave(group, -3), v.repeat_interleave(group, -3));
        }

        Tensor place = arange(length, device: query.device),
            back = place.unsqueeze(1) - place.unsqueeze(0);
        Tensor hidden = window is { } w ? (back < 0).bitwise_or(back >= w) : back < 0;
        Tensor scores = (q * Math.Pow(q.shape[^1], -0.5))
            .matmul(k.transpose(-2, -1))
            .to_type(ScalarType.Float32)
            .masked_fill(hidden, float.NegativeInfinity); // [..., H, T, T]
        Tensor mixed = scores.softmax(-1).to_type(v.dtype).matmul(v).transpose(-3, -2);
        return mixed.flatten(-2).to_type(query.dtype).MoveToOuterDisposeScope();
    }
}
