using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;

namespace Fulcrum.Torch.Kernels;

/// <summary>Measures the memory read rate, which bounds the decoding of one sequence: each step reads every weight
/// once.</summary>
internal static unsafe class MemoryRate
{
    private const nuint Bytes = 512 << 20; // far beyond the caches
    private const int Parts = 64;

    /// <summary>GB/s (10⁹ bytes) of reading half a gigabyte again and again on all threads for a second; null where
    /// there is too little memory for it, or no processor that reads it as the model's products do.</summary>
    /// <remarks>The mean, not the best: memory is shared with whatever else runs on the machine beneath, so that its
    /// rate swings by half within a tenth of a second, and a model's step lasts as long.</remarks>
    public static double? GigabytesPerSecond(double forSeconds = 1)
    {
        GCMemoryInfo told = GC.GetGCMemoryInfo();
        if (!Vector256.IsHardwareAccelerated || told.TotalAvailableMemoryBytes - told.MemoryLoadBytes < 4 * (long)Bytes)
        {
            return null;
        }

        byte* memory = (byte*)NativeMemory.Alloc(Bytes);
        try
        {
            NativeMemory.Fill(memory, Bytes, 1);
            Seconds(memory);
            (double seconds, int passes) = (0, 0);
            for (; seconds < forSeconds; passes++)
            {
                seconds += Seconds(memory);
            }

            return passes * (double)Bytes / seconds / 1e9;
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private static double Seconds(byte* memory)
    {
        double[] sums = new double[Parts];
        long start = Stopwatch.GetTimestamp();
        Threads.For(
            Parts,
            part =>
                sums[part] = Sum((float*)(memory + (nuint)part * (Bytes / Parts)), (int)(Bytes / Parts / sizeof(float)))
        );
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        GC.KeepAlive(sums);
        return seconds;
    }

    // Four sums, so that no addition waits for the previous one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(float* at, int count)
    {
        Vector256<float> a = default,
            b = default,
            c = default,
            d = default;
        for (int i = 0; i < count; i += 32)
        {
            a += Vector256.Load(at + i);
            b += Vector256.Load(at + i + 8);
            c += Vector256.Load(at + i + 16);
            d += Vector256.Load(at + i + 24);
        }

        return Vector256.Sum(a + b + c + d);
    }
}
