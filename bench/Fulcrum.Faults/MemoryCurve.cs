using System.Globalization;
using System.Runtime.InteropServices;

namespace Fulcrum.Faults;

/// <summary>What a process holds, seen at even distances of a piece of work.</summary>
/// <param name="Managed">Bytes of living objects, after a full collection.</param>
/// <param name="Native">Bytes that the C library has given out and not got back: tensors, SQLite, the rest of the
/// native side.</param>
/// <param name="Resident">Bytes of anonymous memory in use, as Linux counts them (RssAnon).</param>
/// <param name="Tensors">Tensors that TorchSharp knows and nothing has disposed of.</param>
internal sealed record MemorySample(int Done, long Managed, long Native, long Resident, long Tensors)
{
    /// <summary>Now.</summary>
    public static MemorySample Take(int done)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        HeapUse use = OperatingSystem.IsLinux() ? HeapInUse() : default;
        return new MemorySample(
            done,
            GC.GetGCMemoryInfo(GCKind.FullBlocking).HeapSizeBytes,
            (long)(use.InUse + use.Mapped),
            ResidentNow(),
            TorchSharp.torch.Tensor.TotalCount
        );
    }

    private static long ResidentNow() =>
        File.Exists("/proc/self/status")
            ? long.Parse(
                File.ReadLines("/proc/self/status")
                    .First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture
            ) << 10
            : Environment.WorkingSet;

    // struct mallinfo2 of malloc.h: arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
    // keepcost.
    private readonly record struct HeapUse(
        nuint Arena,
        nuint Free,
        nuint Fast,
        nuint Maps,
        nuint Mapped,
        nuint None,
        nuint FastBytes,
        nuint InUse,
        nuint FreeBytes,
        nuint Top
    );

    [DllImport("libc", EntryPoint = "mallinfo2")]
    private static extern HeapUse HeapInUse();
}

/// <summary>The samples of one piece of work.</summary>
internal sealed class MemoryCurve(int total, int samples)
{
    private readonly List<MemorySample> taken = [];

    /// <summary>Takes a sample where one is due.</summary>
    public void At(int done)
    {
        if (taken.Count < samples && done >= (long)total * (taken.Count + 1) / samples)
        {
            taken.Add(MemorySample.Take(done));
        }
    }

    /// <summary>Prints the curve; whether the last quarter holds no more than the second, apart from noise.</summary>
    public bool IsFlat(string what, long noise)
    {
        Console.WriteLine(
            $"\n{what}\n\n| done | managed MB | native MB | resident MB | tensors |\n|---|---|---|---|---|"
        );
        foreach (MemorySample s in taken)
        {
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {s.Done:N0} | {Mega(s.Managed):F2} | {Mega(s.Native):F2} | {Mega(s.Resident):F1} | {s.Tensors} |"
                )
            );
        }

        MemorySample[] early = [.. taken.Skip(samples / 4).Take(samples / 4)],
            late = [.. taken.TakeLast(samples / 4)];
        double Growth(Func<MemorySample, long> of) => late.Average(of) - early.Average(of);
        (double managed, double native, double resident, double tensors) = (
            Growth(s => s.Managed),
            Growth(s => s.Native),
            Growth(s => s.Resident),
            Growth(s => s.Tensors)
        );
        bool flat = taken.Count == samples && managed < noise && native < noise && resident < 4 * noise && tensors < 1;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"\n{(flat ? "" : "GROWS: ")}{what}: from the second quarter to the last, managed {Mega(managed):+0.00;-0.00;0} MB, native {Mega(native):+0.00;-0.00;0} MB, resident {Mega(resident):+0.0;-0.0;0} MB, tensors {tensors:+0.0;-0.0;0}"
            )
        );
        return flat;
    }

    private static double Mega(double bytes) => bytes / (1 << 20);
}
