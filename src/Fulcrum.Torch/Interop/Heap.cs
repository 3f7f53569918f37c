using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Interop;

/// <summary>The heap of glibc, in which libtorch allocates tensors. On other systems every call does nothing.</summary>
internal static partial class Heap
{
    private static long floor,
        mark;

    // Parameters of mallopt in malloc.h.
    private const int TrimThreshold = -1,
        MapThreshold = -3;
    private const int MostMapThreshold = 32 << 20; // some C libraries refuse more, and then keep their own

    /// <summary>Keeps freed tensors of up to 1 GiB for reuse. By default glibc returns them to the OS.</summary>
    /// <remarks>By default every tensor of 32 MiB or more is newly mapped, and each of its pages causes a page
    /// fault. On a virtual machine these faults made a matmul of 1,024 rows take three times as long
    /// (docs/performance.md). Other C libraries ignore the setting or lack the function.</remarks>
    public static void KeepFreedMemory()
    {
        if (OperatingSystem.IsLinux())
        {
            Set(MapThreshold, 1 << 30, MostMapThreshold);
            Set(TrimThreshold, int.MaxValue, int.MaxValue);
        }
    }

    /// <summary>Returns free memory to the OS now, before a peak that would otherwise include it.</summary>
    public static void GiveBack()
    {
        if (OperatingSystem.IsLinux())
        {
            Trim();
        }
    }

    /// <summary>Returns free memory to the OS if the process has grown by more than <paramref name="slack"/> bytes
    /// since the last time.</summary>
    /// <remarks>Called between layers, it bounds heap fragmentation. Layers that free less than the slack cost
    /// nothing; larger ones cause page faults again.</remarks>
    public static void KeepWithin(long slack)
    {
        long? now = AnonymousMemory.NowOrNull();
        floor = floor == 0 || now < floor ? now ?? 0 : floor;
        if (now > floor + slack)
        {
            GiveBack();
            floor = AnonymousMemory.NowOrNull() ?? 0;
        }
    }

    /// <summary>Returns free memory to the OS if the process holds more than <paramref name="slack"/> bytes above its
    /// size at the first call.</summary>
    /// <remarks>Called between pieces of equal work, it bounds the fragmentation by tensors of changing sizes. Work
    /// that needs the same memory again costs nothing.</remarks>
    public static void KeepFromGrowing(long slack)
    {
        long now = AnonymousMemory.NowOrNull() ?? 0;
        mark = mark == 0 ? now : mark;
        if (now > mark + slack)
        {
            GiveBack();
            mark = Math.Max(mark, (AnonymousMemory.NowOrNull() ?? 0) - slack / 2);
        }
    }

    /// <summary>Does some work during which every freed tensor of 1 MiB or more returns to the OS. Used for loading,
    /// which reads and converts large tensors once.</summary>
    /// <remarks>Otherwise they would stay in memory next to the weights: glibc up to 2.37 does not reuse an aligned
    /// block for another one of the same size.</remarks>
    public static T GivingBack<T>(Func<T> work)
    {
        if (OperatingSystem.IsLinux())
        {
            Set(MapThreshold, 1 << 20, 1 << 20);
        }

        try
        {
            return work();
        }
        finally
        {
            GiveBack();
            KeepFreedMemory();
        }
    }

    [SupportedOSPlatform("linux")]
    private static void Set(int parameter, int value, int otherwise)
    {
        try
        {
            _ = SetOption(parameter, value) == 1 ? 1 : SetOption(parameter, otherwise);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Without these C functions only speed and memory change, never results.
        }
    }

    [SupportedOSPlatform("linux")]
    private static void Trim()
    {
        try
        {
            _ = Trim(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // As above.
        }
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
