using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Sizes of tensors without their <c>shape</c>, which TorchSharp fetches through a call back into managed
/// code: a microsecond each time, and a step of decoding has hundreds.</summary>
internal static class Sizes
{
    /// <summary>The sizes of a tensor with one or several others in place of the last.</summary>
    public static long[] WithLast(this Tensor tensor, params ReadOnlySpan<long> last) =>
        tensor.dim() == 2 ? [tensor.size(0), .. last] : [.. tensor.shape[..^1], .. last];
}
