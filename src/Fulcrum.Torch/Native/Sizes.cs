using static TorchSharp.torch;

namespace Fulcrum.Torch.Native;

/// <summary>Sizes of tensors without their <c>shape</c>, which TorchSharp fetches through a call back into managed code: a microsecond each time, and a step of decoding has hundreds.</summary>
internal static class Sizes
{
    /// <summary>The sizes of a tensor with another last one.</summary>
    public static long[] WithLast(this Tensor tensor, long last) => tensor.dim() == 2 ? [tensor.size(0), last] : [.. tensor.shape[..^1], last];
}
