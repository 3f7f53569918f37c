using Fulcrum.Torch.Interop;
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

    /// <summary>Copies a matrix into some columns of another one.</summary>
    /// <param name="from">[outs, ins], the first element of contiguous values of a type that
    /// <see cref="Supports"/> accepts.</param>
    /// <param name="to">[ins, width], contiguous, on the CPU.</param>
    /// <param name="at">The first column of <paramref name="to"/>.</param>
    public static void Run(IntPtr from, ScalarType stored, long outs, long ins, Tensor to, long at)
    {
        byte* target = (byte*)NativeTensor.DataPointer(to) + at * to.ElementSize;
        long width = to.size(1);
        bool widens = stored != to.dtype,
            halves = to.ElementSize == sizeof(ushort);
        Threads.For(
            (outs + Rows - 1) / Rows,
            block =>
            {
                long first = block * Rows;
                int count = (int)Math.Min(Rows, outs - first);
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
