using System.Numerics;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>Finds NaN and infinite values by their bits: those in which all bits of the exponent are set.</summary>
/// <remarks>Reads faster than memory delivers. Values that are copied anyway are checked just before, while the copy
/// would wait for the same memory.</remarks>
internal static unsafe class FiniteValues
{
    /// <summary>Returned where all values are finite.</summary>
    public const long None = -1;

    // Values that a thread takes at once. They fit into a core's cache.
    private const long Share = 1 << 17;

    /// <summary>Whether values of a type may be NaN or infinite.</summary>
    public static bool Supports(ScalarType dtype) =>
        dtype is ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16 or ScalarType.Float16;

    /// <summary>Copies values with all threads.</summary>
    /// <param name="to">Where they are copied to; null: nowhere, they are only checked.</param>
    /// <param name="dtype">A type that <see cref="Supports"/> accepts.</param>
    /// <returns>The index of the first value that is NaN or infinite, or <see cref="None"/>.</returns>
    public static long Copy(IntPtr from, IntPtr? to, ScalarType dtype, long count)
    {
        long size = dtype.ElementSize();
        long first = long.MaxValue;
        Threads.For(
            (count + Share - 1) / Share,
            share =>
            {
                long at = share * Share,
                    values = Math.Min(Share, count - at);
                byte* start = (byte*)from + at * size;
                Lower(ref first, at, FirstOther((IntPtr)start, dtype, values));
                if (to is { } target)
                {
                    Buffer.MemoryCopy(start, (byte*)target + at * size, values * size, values * size);
                }
            }
        );
        return first == long.MaxValue ? None : first;
    }

    /// <summary>Returns the index of the first value that is NaN or infinite, or <see cref="None"/>. Uses one
    /// thread.</summary>
    public static long FirstOther(IntPtr values, ScalarType dtype, long count) =>
        dtype switch
        {
            ScalarType.Float32 => First<uint>((uint*)values, count, 0x7F80_0000),
            ScalarType.Float64 => First<ulong>((ulong*)values, count, 0x7FF0_0000_0000_0000),
            ScalarType.BFloat16 => First<ushort>((ushort*)values, count, 0x7F80),
            ScalarType.Float16 => First<ushort>((ushort*)values, count, 0x7C00),
            _ => None,
        };

    /// <summary>Keeps the lowest index that any thread found.</summary>
    /// <param name="lowest">The lowest index so far, or the largest number.</param>
    /// <param name="at">Index of the first value that this thread checked.</param>
    /// <param name="found">As <see cref="FirstOther"/> returned it.</param>
    public static void Lower(ref long lowest, long at, long found)
    {
        for (long now = Volatile.Read(ref lowest); found != None && at + found < now; now = Volatile.Read(ref lowest))
        {
            Interlocked.CompareExchange(ref lowest, at + found, now);
        }
    }

    private static long First<T>(T* values, long count, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        Vector256<T> bits = Vector256.Create(exponent);
        long i = 0;
        while (i <= count - Vector256<T>.Count && !Vector256.EqualsAny(Vector256.Load(values + i) & bits, bits))
        {
            i += Vector256<T>.Count;
        }

        while (i < count && (values[i] & exponent) != exponent)
        {
            i++;
        }

        return i < count ? i : None;
    }
}
