using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>A buffer that grows to the largest size asked for and is used again and again; for one thread.</summary>
internal sealed class ScratchBuffer
{
    private Tensor? buffer;

    /// <summary>So many numbers; valid until the next call. What they are is left over from earlier.</summary>
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
            // one made in inference mode could be written to in no other
            using IDisposable ordinary = inference_mode(false);
            buffer = empty(size, dtype: dtype, device: device).DetachFromDisposeScope();
        }

        return buffer.narrow(0, 0, size);
    }
}
