using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Copies a matrix whose rows are contiguous so that its columns are, straight from a mapped file into a
/// weight's memory.</summary>
internal static unsafe class ColumnCopy
{
    // A tile reads 16 rows and writes whole cache lines of float32.
    private const int Rows = 16,
        Columns = 64;

    /// <summary>Whether values of one type can be copied to another without libtorch.</summary>
    public static bool Supports(ScalarType from, ScalarType to) =>
        (from == to && to is ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float16)
        || (from, to) == (ScalarType.BFloat16, ScalarType.Float32);

    /// <summary>Copies a matrix into some columns of another one, and looks for values that are NaN or
    /// infinite.</summary>
    /// <param name="from">[outs, ins], the first element of contiguous values of a type that
    /// <see cref="Supports"/> accepts.</param>
    /// <param name="to">[ins, width], contiguous, on the CPU.</param>
    /// <param name="at">The first column of <paramref name="to"/>.</param>
    /// <returns>The index of the first such value, or <see cref="FiniteValues.None"/>.</returns>
    public static long Run(IntPtr from, ScalarType stored, long outs, long ins, Tensor to, long at)
    {
        byte* target = (byte*)NativeTensor.DataPointer(to) + at * to.ElementSize;
        long width = to.size(1);
        bool widens = stored != to.dtype,
            halves = to.ElementSize == sizeof(ushort);
        long size = stored.ElementSize(),
            other = long.MaxValue;
        Threads.For(
            (outs + Rows - 1) / Rows,
            block =>
            {
                long first = block * Rows;
                int count = (int)Math.Min(Rows, outs - first);
                // In the order of memory, so that the copy finds the rows in the cache.
                long found = FiniteValues.FirstOther(from + (nint)(first * ins * size), stored, count * ins);
                FiniteValues.Lower(ref other, first * ins, found);
                if (widens)
                {
                    Copy((Bf16*)from + first * ins, ins, count, (float*)target + first, width);
                }
                else if (halves)
                {
                    Copy((ushort*)from + first * ins, ins, count, (ushort*)target + first, width);
                }
                else
                {
                    Copy((float*)from + first * ins, ins, count, (float*)target + first, width);
                }
            }
        );
        return other == long.MaxValue ? FiniteValues.None : other;
    }

    private static void Copy<TFrom, TTo>(TFrom* from, long ins, int rows, TTo* to, long width)
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        for (long left = 0; left < ins; left += Columns)
        {
            for (long i = left; i < Math.Min(left + Columns, ins); i++)
            {
                TTo* column = to + i * width;
                for (int r = 0; r < rows; r++)
                {
                    column[r] = Converted<TFrom, TTo>(from[r * ins + i]);
                }
            }
        }
    }

    private static TTo Converted<TFrom, TTo>(TFrom value)
        where TFrom : unmanaged
        where TTo : unmanaged =>
        typeof(TFrom) == typeof(Bf16) ? (TTo)(object)(float)(Bf16)(object)value : (TTo)(object)value;
}
