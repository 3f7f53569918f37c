using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>A reusable buffer that grows to the largest requested size. For one thread.</summary>
internal sealed class ScratchBuffer
{
    private Tensor? buffer;

    /// <summary>Returns a view of the requested size, valid until the next call. The contents are
    /// undefined.</summary>
    public Tensor Of(long size, ScalarType dtype, Device device)
    {
        if (
            buffer is null
            || buffer.IsInvalid
            || buffer.dtype != dtype
            || buffer.device_type != device.type
            || buffer.NumberOfElements < size
        )
        {
            buffer?.Dispose();
            // A tensor created in inference mode is read-only outside it.
            using IDisposable ordinary = inference_mode(false);
            buffer = empty(size, dtype: dtype, device: device).DetachFromDisposeScope();
        }

        return buffer.narrow(0, 0, size);
    }
}
