using System.Runtime.CompilerServices;
using TorchSharp;

namespace Fulcrum.Torch.Interop;

/// <summary>The memory of a tensor, for copying weights in and out without a managed array between.</summary>
internal static class NativeTensor
{
    /// <summary>Address of the first element of a contiguous tensor on the CPU; valid while the tensor lives.</summary>
    public static unsafe IntPtr DataPointer(torch.Tensor tensor)
    {
        if (!tensor.is_contiguous() || tensor.device_type != DeviceType.CPU)
        {
            throw new ArgumentException("only a contiguous tensor on the CPU has one address", nameof(tensor));
        }

        // bytes is a span over the native memory for every dtype.
        Span<byte> bytes = tensor.bytes;
        return (IntPtr)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(bytes));
    }

    /// <summary>The same, to numbers of a float32 tensor.</summary>
    public static unsafe float* Floats(torch.Tensor tensor) => At<float>(tensor);

    /// <summary>The same, to numbers of a type that the caller knows the tensor to have.</summary>
    public static unsafe T* At<T>(torch.Tensor tensor)
        where T : unmanaged => (T*)DataPointer(tensor);
}
