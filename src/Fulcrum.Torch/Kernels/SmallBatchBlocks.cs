using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fulcrum.Torch.Kernels;

/// <summary>The inner loops of <see cref="SmallBatchMatmul"/> on processors with AVX-512: eight rows of the matrix at a
/// time stay in registers for all rows of the input.</summary>
/// <remarks>Sums lie in blocks of 16 columns, [block, row, 16], so that they are read and written in order. Each sum
/// has the same terms in the same order as in <see cref="SmallBatchRows"/>, so the results are equal bit for
/// bit.</remarks>
internal static unsafe class SmallBatchBlocks
{
    /// <summary>Columns that are computed at once: two blocks.</summary>
    public const int Columns = 2 * Lanes;

    private const int Lanes = 16,
        Depth = SmallBatchMatmul.Depth;

    // Columns ahead that are fetched into the nearest cache: four turns of the loop. The processor's own prefetching
    // stops at each page. The last turns fetch the first columns of the next eight rows.
    private const int Ahead = 4 * Columns;

    // Minimum number of rows of the input for which the lines are fetched one with each row. Fetched at once, they
    // would take every place for pending reads, and the sums would wait.
    private const int RowsForSpreading = 4;

    /// <summary>Whether this processor and this number of columns are supported.</summary>
    public static bool Supports(long outs) => Avx512F.IsSupported && outs >= Columns;

    /// <summary>Copies columns of the input so that the eight values of all rows that are multiplied together lie in
    /// order: from [rows, ins] to [(to - from) / 8, rows, 8].</summary>
    public static void Pack(float* input, int rows, int ins, int from, int to, float* packed)
    {
        for (int i = from; i < to; i += Depth)
        {
            for (int r = 0; r < rows; r++, packed += Depth)
            {
                Vector256.Load(input + (long)r * ins + i).Store(packed);
            }
        }
    }

    /// <summary>Starts the sums of all rows with the bias; null: with zeros.</summary>
    public static void Begin(float* sums, int rows, float* bias, int count)
    {
        for (int j = 0; j < count; j += Lanes)
        {
            for (int r = 0; r < rows; r++, sums += Lanes)
            {
                (bias is null ? Vector512<float>.Zero : Vector512.Load(bias + j)).Store(sums);
            }
        }
    }

    /// <summary>sums += eight rows of the matrix, each times its value of every row of x.</summary>
    /// <typeparam name="T">float or <see cref="Bf16"/>. Of bfloat16 a block holds the first values of 16 pairs, and the
    /// next block the second values.</typeparam>
    /// <param name="x">[rows, 8], a part of the packed input.</param>
    /// <param name="matrix">[8, outs]</param>
    /// <param name="count">Columns of the matrix, a multiple of <see cref="Columns"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(float* x, int rows, T* matrix, long outs, int count, float* sums)
        where T : unmanaged
    {
        bool atOnce = rows < RowsForSpreading;
        int lines = atOnce ? 0
            : typeof(T) == typeof(float) ? 2 * Depth
            : Depth,
            early = Math.Max(0, lines - rows);
        for (int j = 0; j < count; j += Columns)
        {
            T* m = matrix + j;
            T* next = m + (j + Ahead < count ? Ahead : Ahead - count + Depth * outs);
            if (atOnce)
            {
                Prefetch(next, outs);
            }

            for (int line = 0; line < early; line++)
            {
                Prefetch(next, outs, line);
            }

            (Vector512<float> a0, Vector512<float> b0) = Load(m);
            (Vector512<float> a1, Vector512<float> b1) = Load(m += outs);
            (Vector512<float> a2, Vector512<float> b2) = Load(m += outs);
            (Vector512<float> a3, Vector512<float> b3) = Load(m += outs);
            (Vector512<float> a4, Vector512<float> b4) = Load(m += outs);
            (Vector512<float> a5, Vector512<float> b5) = Load(m += outs);
            (Vector512<float> a6, Vector512<float> b6) = Load(m += outs);
            (Vector512<float> a7, Vector512<float> b7) = Load(m += outs);
            float* first = sums + (long)j * rows,
                second = first + rows * Lanes,
                row = x;
            for (int r = 0; r < rows; r++, row += Depth, first += Lanes, second += Lanes)
            {
                (Vector512<float> y, Vector512<float> z) = (Vector512.Load(first), Vector512.Load(second));
                if (early + r < lines)
                {
                    Prefetch(next, outs, early + r);
                }

                Step(row, a0, b0, ref y, ref z);
                Step(row + 1, a1, b1, ref y, ref z);
                Step(row + 2, a2, b2, ref y, ref z);
                Step(row + 3, a3, b3, ref y, ref z);
                Step(row + 4, a4, b4, ref y, ref z);
                Step(row + 5, a5, b5, ref y, ref z);
                Step(row + 6, a6, b6, ref y, ref z);
                Step(row + 7, a7, b7, ref y, ref z);
                y.Store(first);
                z.Store(second);
            }
        }
    }

    /// <summary>Adds up the sums of all parts and writes them to some columns of the output.</summary>
    /// <param name="sums">The first part's; the next one's is <paramref name="apart"/> values behind.</param>
    /// <param name="bias">Added to the sums of pairs; null for none.</param>
    /// <param name="output">[rows, outs], from the first of the columns on.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void End(
        float* sums,
        int parts,
        long apart,
        int rows,
        bool pairs,
        float* bias,
        float* output,
        long outs,
        int count
    )
    {
        for (int j = 0; j < count; j += Columns)
        {
            for (int r = 0; r < rows; r++)
            {
                float* from = sums + (long)j * rows + r * Lanes;
                (Vector512<float> y, Vector512<float> z) = (Vector512.Load(from), Vector512.Load(from + rows * Lanes));
                for (int part = 1; part < parts; part++)
                {
                    from += apart;
                    (y, z) = (y + Vector512.Load(from), z + Vector512.Load(from + rows * Lanes));
                }

                (y, z) = pairs ? Interleaved(y, z) : (y, z);
                float* to = output + r * outs + j;
                (bias is null ? y : y + Vector512.Load(bias + j)).Store(to);
                (bias is null ? z : z + Vector512.Load(bias + j + Lanes)).Store(to + Lanes);
            }
        }
    }

    /// <summary>y += x · a, and z += x · b.</summary>
    /// <param name="x">One value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Step(
        float* x,
        Vector512<float> a,
        Vector512<float> b,
        ref Vector512<float> y,
        ref Vector512<float> z
    )
    {
        Vector512<float> factor = Vector512.Create(*x);
        y = Avx512F.FusedMultiplyAdd(a, factor, y);
        z = Avx512F.FusedMultiplyAdd(b, factor, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> First, Vector512<float> Second) Load<T>(T* matrix)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            return (Vector512.Load((float*)matrix), Vector512.Load((float*)matrix + Lanes));
        }

        Vector512<uint> words = Vector512.Load((uint*)matrix);
        return (Vector512.ShiftLeft(words, 16).AsSingle(), (words & Vector512.Create(0xFFFF0000)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<T>(T* matrix, long outs)
        where T : unmanaged
    {
        for (int i = 0; i < Depth; i++, matrix += outs)
        {
            Sse.Prefetch0(matrix);
            if (typeof(T) == typeof(float))
            {
                Sse.Prefetch0(matrix + Lanes);
            }
        }
    }

    // Line 0 to 15 of a turn in float32: two of each row. Line 0 to 7 in bfloat16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<T>(T* matrix, long outs, int line)
        where T : unmanaged =>
        Sse.Prefetch0(
            typeof(T) == typeof(float) ? matrix + (line >> 1) * outs + (line & 1) * Lanes : matrix + line * outs
        );

    // Puts the first and second values of pairs next to each other again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Low, Vector512<float> High) Interleaved(Vector512<float> y, Vector512<float> z) =>
        (
            Avx512F.PermuteVar16x32x2(y, Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), z),
            Avx512F.PermuteVar16x32x2(
                y,
                Vector512.Create(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
                z
            )
        );
}
