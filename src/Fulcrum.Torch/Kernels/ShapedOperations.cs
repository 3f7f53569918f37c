using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Operations that libtorch has for tensors with values only, so that its device <c>meta</c>, on which the
/// tests run, needs another form.</summary>
/// <remarks>On <c>meta</c> a tensor has a shape and a device and no values. There the result has the right shape, and
/// an operand on another device is refused, as a GPU would refuse it.</remarks>
internal static class ShapedOperations
{
    /// <summary>Returns log Σ exp over one dimension.</summary>
    public static Tensor LogSumExp(this Tensor scores, long dimension, bool keepdim = false) =>
        scores.device_type == DeviceType.META ? scores.sum(dimension, keepdim) : scores.logsumexp(dimension, keepdim);

    /// <summary>Every NaN becomes 0.</summary>
    public static Tensor NanToZero_(this Tensor values) =>
        values.device_type == DeviceType.META ? values : values.nan_to_num_(0);

    /// <summary>Returns the rows with the given numbers, [N, ...].</summary>
    /// <param name="index">[N], on the table's device.</param>
    /// <exception cref="ArgumentException">On the device <c>meta</c>: the index is on another device.</exception>
    public static Tensor Rows(this Tensor table, Tensor index) =>
        table.device_type == DeviceType.META ? ShapeOf(table, index) : table.index_select(0, index);

    private static Tensor ShapeOf(Tensor table, Tensor index)
    {
        if (index.device_type != DeviceType.META)
        {
            throw new ArgumentException($"the table is on meta, the index on {index.device_type}", nameof(index));
        }

        return table.narrow(0, 0, 1).expand([index.size(0), .. table.shape[1..]]).contiguous();
    }
}
