using System.Runtime.InteropServices;

namespace Fulcrum.Torch.Native;

/// <summary>The C library's heap, from which libtorch takes its tensors.</summary>
internal static partial class Heap
{
    // mallopt's numbers in malloc.h.
    private const int TrimThreshold = -1, MapThreshold = -3;

    /// <summary>Keeps freed tensors up to a gigabyte for the next ones, where glibc would give them back to the system.</summary>
    /// <remarks>
    /// By default every tensor of 32 MB and more is mapped afresh, and each of its pages is a fault: on a virtual machine a product of
    /// 1,024 rows took three times as long for that alone (docs/performance.md). Other C libraries ignore the wish or lack the function.
    /// </remarks>
    public static void KeepFreedMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = SetOption(MapThreshold, 1 << 30);
            _ = SetOption(TrimThreshold, int.MaxValue);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Slower, not wrong.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
