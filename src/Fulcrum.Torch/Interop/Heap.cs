using System.Runtime.InteropServices;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Interop;

/// <summary>The C library's heap, from which libtorch takes its tensors.</summary>
internal static partial class Heap
{
    private static long floor,
        mark;

    // mallopt's numbers in malloc.h.
    private const int TrimThreshold = -1,
        MapThreshold = -3;
    private const int MostMapThreshold = 32 << 20; // some C libraries refuse more, and then keep their own

    /// <summary>Keeps freed tensors up to a gigabyte for the next ones, where glibc would give them back to the
    /// system.</summary>
    /// <remarks>
    /// By default every tensor of 32 MB and more is mapped afresh, and each of its pages is a fault: on a virtual
    /// machine a product of
    /// 1,024 rows took three times as long for that alone (docs/performance.md). Other C libraries ignore the wish or
    /// lack the function.
    /// </remarks>
    public static void KeepFreedMemory() =>
        Tell(() =>
        {
            _ = SetOption(MapThreshold, 1 << 30) == 1 ? 1 : SetOption(MapThreshold, MostMapThreshold);
            _ = SetOption(TrimThreshold, int.MaxValue);
        });

    /// <summary>Gives what is free back to the system now: where a peak would otherwise hold what earlier tensors
    /// left.</summary>
    public static void GiveBack() => Tell(() => _ = Trim(0));

    /// <summary>Gives what is free back once the process has grown by more than <paramref name="slack"/> bytes since it
    /// last did.</summary>
    /// <remarks>Asked between layers, it bounds what lies unused in a heap of pieces. Layers that leave less than the
    /// slack cost nothing; larger ones fault their pages in again.</remarks>
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

    /// <summary>Gives what is free back once the process holds more than <paramref name="slack"/> bytes beyond what it
    /// held when this was asked first.</summary>
    /// <remarks>Asked between pieces of equal work, it bounds what tensors of ever different sizes leave unused between
    /// them; work that needs the same again costs nothing.</remarks>
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

    /// <summary>Does some work during which every tensor of a megabyte and more that is freed goes back to the system:
    /// loading, whose large tensors are read, converted and never needed again.</summary>
    /// <remarks>Kept, they would stay beside the weights: glibc up to 2.37 does not reuse the place of an aligned block
    /// for another of the same size.</remarks>
    public static T GivingBack<T>(Func<T> work)
    {
        Tell(() => _ = SetOption(MapThreshold, 1 << 20));
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

    private static void Tell(Action wish)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            wish();
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Slower or larger, not wrong.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
