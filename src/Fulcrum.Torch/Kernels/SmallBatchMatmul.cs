using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Interop;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Matmul of 1 to 8 rows with a large float32 or bfloat16 matrix, accumulated in float32. Reading the matrix
/// dominates the time, so each element is read from memory once and in order.</summary>
/// <remarks>oneDNN and MKL process blocks of columns, which breaks the memory order; with two or more rows they read
/// at half the rate. A row's result depends neither on other rows nor on the number of threads. See
/// docs/decisions/0026-few-rows.md.</remarks>
internal static unsafe class SmallBatchMatmul
{
    /// <summary>Maximum number of rows; with more, oneDNN is as fast.</summary>
    public const int Most = 8;

    // The same in bfloat16 on processors with bfloat16 instructions, which are much faster with many rows.
    private const int MostByInstruction = 2;

    private const int Width = Simd8.Width;

    // rows of the matrix that are read at the same time: the prefetcher follows this many streams
    private const int Depth = 8;
    private const int Strip = 256; // columns of them that stay in a core's nearest cache until all rows are done
    private const int Widest = 8192; // columns of a task; what it adds up stays in a core's cache
    private const long Grain = 65_536; // multiplications that a second thread is worth waking for

    // Minimum number of tasks, and the exact number except for very wide matrices. It is fixed, so that sums do not
    // depend on the number of threads.
    private const int Tasks = 8;

    [ThreadStatic]
    private static float[]? sums;

    /// <summary>Whether this kernel supports the operands.</summary>
    /// <param name="weight">[out, in], its columns contiguous.</param>
    public static bool Supports(Tensor input, Tensor weight)
    {
        (long outs, long ins) = (weight.size(0), weight.size(1));
        int most = weight.dtype == ScalarType.Float32 || UpcastMatmul.Supports(weight) ? Most : MostByInstruction;
        return Fma.IsSupported
            && input.NumberOfElements is > 0 and var count
            && count <= most * ins
            && ins % Depth == 0
            && outs % (2 * Width) == 0
            && ins >= Tasks * Depth
            && weight.stride(0) == 1
            && weight.stride(1) == outs
            && input.dtype == weight.dtype
            && input.size(-1) == ins
            && RowKernels.Supports(input)
            && RowKernels.Supports(weight);
    }

    /// <summary>input · weightᵀ + bias, for what <see cref="Supports"/> accepts; 16-bit results are rounded once, at
    /// the end.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in]</param>
    /// <param name="bias">[out], in the same type; null for none.</param>
    public static Tensor Multiply(Tensor input, Tensor weight, Tensor? bias)
    {
        (int outs, int ins) = ((int)weight.size(0), (int)weight.size(1));
        using Tensor wide = input.to_type(ScalarType.Float32),
            rows = wide.contiguous(),
            laid = weight.t();
        using Tensor? added = bias?.to_type(ScalarType.Float32);
        Tensor output = empty(input.WithLast(outs), ScalarType.Float32, CPU);
        new Job(
            NativeTensor.Floats(rows),
            NativeTensor.DataPointer(laid),
            weight.dtype != ScalarType.Float32,
            added is null ? null : NativeTensor.Floats(added),
            NativeTensor.Floats(output),
            (int)(input.NumberOfElements / ins),
            ins,
            outs
        ).Run();
        if (weight.dtype == ScalarType.Float32)
        {
            return output;
        }

        using (output)
        {
            return output.to_type(weight.dtype);
        }
    }

    // Columns are cut into chunks, and where there are fewer chunks than tasks, the matrix's rows into parts, whose
    // sums are added up at the end.
    // Pairs: the matrix is of bfloat16, two numbers a word, and sums are kept with those of eight words' first numbers
    // before those of their second until the end.
    private sealed class Job(
        float* input,
        IntPtr weight,
        bool pairs,
        float* bias,
        float* output,
        int rows,
        int ins,
        int outs
    )
    {
        public void Run()
        {
            int chunks = (int)BitOperations.RoundUpToPowerOf2((uint)((outs + Widest - 1) / Widest)),
                parts = Math.Max(1, Tasks / chunks),
                size = rows * outs;
            if (sums is null || sums.Length < (parts - 1) * size)
            {
                sums = GC.AllocateUninitializedArray<float>((parts - 1) * size, pinned: true);
            }

            float* rest = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(sums));
            Threads.For(
                chunks * parts,
                task =>
                {
                    (int chunk, int part) = ((int)task / parts, (int)task % parts);
                    float* to = part == 0 ? output : rest + (part - 1) * size;
                    Sum(part, parts, Column(chunk, chunks), Column(chunk + 1, chunks), to);
                },
                most: 1 + (long)size * ins / Grain
            );
            AddUp(rest, parts - 1, size);
        }

        private int Column(int chunk, int chunks) => (int)((long)(outs / (2 * Width)) * chunk / chunks) * 2 * Width;

        // One part of the matrix's rows by one chunk of its columns.
        private void Sum(int part, int parts, int left, int right, float* to)
        {
            for (int r = 0; r < rows; r++)
            {
                Begin(
                    new Span<float>(to + r * outs + left, right - left),
                    part == 0 && !pairs && bias is not null ? bias + left : null
                );
            }

            for (int i = ins / Depth * part / parts * Depth; i < ins / Depth * (part + 1) / parts * Depth; i += Depth)
            {
                for (int at = left; at < right; at += Strip)
                {
                    AllRows(i, at, Math.Min(Strip, right - at), to);
                }
            }
        }

        // Depth rows of the matrix: from memory for the first rows of the input, from the cache for the others.
        private void AllRows(int i, int at, int count, float* to)
        {
            long from = (long)i * outs + at;
            float* x = input + i,
                y = to + at;
            int r = 0;
            for (; r + 1 < rows; r += 2, x += 2 * ins, y += 2 * outs)
            {
                if (pairs)
                {
                    TwoOfPairs(x, x + ins, (Bf16*)weight + from, y, y + outs, outs, count);
                }
                else
                {
                    Two(x, x + ins, (float*)weight + from, y, y + outs, outs, count);
                }
            }

            if (r < rows && pairs)
            {
                OneOfPairs(x, (Bf16*)weight + from, y, outs, count);
            }
            else if (r < rows)
            {
                One(x, (float*)weight + from, y, outs, count);
            }
        }

        private void AddUp(float* rest, int parts, int size) =>
            Threads.For(
                rows,
                r =>
                {
                    float* row = output + r * outs;
                    for (int part = 0; part < parts; part++)
                    {
                        Add(row, rest + part * size + r * outs, outs);
                    }

                    if (pairs)
                    {
                        Interleave(row, bias, outs);
                    }
                },
                most: 1 + (long)(parts + 1) * size / Grain
            );
    }

    private static void Begin(Span<float> sum, float* bias)
    {
        if (bias is null)
        {
            sum.Clear();
        }
        else
        {
            new ReadOnlySpan<float>(bias, sum.Length).CopyTo(sum);
        }
    }

    // First and second numbers of pairs side by side again, and the bias.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interleave(float* row, float* bias, int count)
    {
        for (int j = 0; j < count; j += 2 * Width)
        {
            Vector256<float> first = Vector256.Load(row + j),
                second = Vector256.Load(row + j + Width),
                low = Avx.UnpackLow(first, second),
                high = Avx.UnpackHigh(first, second);
            (first, second) = (Avx.Permute2x128(low, high, 0x20), Avx.Permute2x128(low, high, 0x31));
            (bias is null ? first : first + Vector256.Load(bias + j)).Store(row + j);
            (bias is null ? second : second + Vector256.Load(bias + j + Width)).Store(row + j + Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* to, float* more, int count)
    {
        for (int j = 0; j < count; j += Width)
        {
            (Vector256.Load(to + j) + Vector256.Load(more + j)).Store(to + j);
        }
    }

    // y += eight rows of the matrix, each by its number of x; in the same order as two rows do it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* x, float* matrix, float* y, long outs, int count)
    {
        Vector256<float> x0 = Vector256.Create(x[0]),
            x1 = Vector256.Create(x[1]),
            x2 = Vector256.Create(x[2]),
            x3 = Vector256.Create(x[3]);
        Vector256<float> x4 = Vector256.Create(x[4]),
            x5 = Vector256.Create(x[5]),
            x6 = Vector256.Create(x[6]),
            x7 = Vector256.Create(x[7]);
        for (int j = 0; j < count; j += Width)
        {
            float* m = matrix + j;
            Vector256<float> sum = Fma.MultiplyAdd(Vector256.Load(m), x0, Vector256.Load(y + j));
            sum = Fma.MultiplyAdd(Vector256.Load(m + outs), x1, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 2 * outs), x2, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 3 * outs), x3, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 4 * outs), x4, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 5 * outs), x5, sum);
            sum = Fma.MultiplyAdd(Vector256.Load(m + 6 * outs), x6, sum);
            Fma.MultiplyAdd(Vector256.Load(m + 7 * outs), x7, sum).Store(y + j);
        }
    }

    // The same for two rows: what is read is used twice. More numbers than a processor has registers for; those that do
    // not fit are read from its nearest cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(float* x, float* z, float* matrix, float* y, float* w, long outs, int count)
    {
        Vector256<float> x0 = Vector256.Create(x[0]),
            x1 = Vector256.Create(x[1]),
            x2 = Vector256.Create(x[2]),
            x3 = Vector256.Create(x[3]);
        Vector256<float> x4 = Vector256.Create(x[4]),
            x5 = Vector256.Create(x[5]),
            x6 = Vector256.Create(x[6]),
            x7 = Vector256.Create(x[7]);
        Vector256<float> z0 = Vector256.Create(z[0]),
            z1 = Vector256.Create(z[1]),
            z2 = Vector256.Create(z[2]),
            z3 = Vector256.Create(z[3]);
        Vector256<float> z4 = Vector256.Create(z[4]),
            z5 = Vector256.Create(z[5]),
            z6 = Vector256.Create(z[6]),
            z7 = Vector256.Create(z[7]);
        for (int j = 0; j < count; j += Width)
        {
            float* m = matrix + j;
            Vector256<float> a = Vector256.Load(m),
                b = Vector256.Load(m + outs),
                c = Vector256.Load(m + 2 * outs),
                d = Vector256.Load(m + 3 * outs);
            Vector256<float> sum = Fma.MultiplyAdd(a, x0, Vector256.Load(y + j)),
                other = Fma.MultiplyAdd(a, z0, Vector256.Load(w + j));
            (sum, other) = (Fma.MultiplyAdd(b, x1, sum), Fma.MultiplyAdd(b, z1, other));
            (sum, other) = (Fma.MultiplyAdd(c, x2, sum), Fma.MultiplyAdd(c, z2, other));
            (sum, other) = (Fma.MultiplyAdd(d, x3, sum), Fma.MultiplyAdd(d, z3, other));
            (a, b, c, d) = (
                Vector256.Load(m + 4 * outs),
                Vector256.Load(m + 5 * outs),
                Vector256.Load(m + 6 * outs),
                Vector256.Load(m + 7 * outs)
            );
            (sum, other) = (Fma.MultiplyAdd(a, x4, sum), Fma.MultiplyAdd(a, z4, other));
            (sum, other) = (Fma.MultiplyAdd(b, x5, sum), Fma.MultiplyAdd(b, z5, other));
            (sum, other) = (Fma.MultiplyAdd(c, x6, sum), Fma.MultiplyAdd(c, z6, other));
            Fma.MultiplyAdd(d, x7, sum).Store(y + j);
            Fma.MultiplyAdd(d, z7, other).Store(w + j);
        }
    }

    // As One: a pair's first number lies in the lower half of its word.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneOfPairs(float* x, Bf16* matrix, float* y, long outs, int count)
    {
        Vector256<float> x0 = Vector256.Create(x[0]),
            x1 = Vector256.Create(x[1]),
            x2 = Vector256.Create(x[2]),
            x3 = Vector256.Create(x[3]);
        Vector256<float> x4 = Vector256.Create(x[4]),
            x5 = Vector256.Create(x[5]),
            x6 = Vector256.Create(x[6]),
            x7 = Vector256.Create(x[7]);
        for (int j = 0; j < count; j += 2 * Width)
        {
            Bf16* m = matrix + j;
            Vector256<float> first = Vector256.Load(y + j),
                second = Vector256.Load(y + j + Width);
            Pair(m, x0, ref first, ref second);
            Pair(m + outs, x1, ref first, ref second);
            Pair(m + 2 * outs, x2, ref first, ref second);
            Pair(m + 3 * outs, x3, ref first, ref second);
            Pair(m + 4 * outs, x4, ref first, ref second);
            Pair(m + 5 * outs, x5, ref first, ref second);
            Pair(m + 6 * outs, x6, ref first, ref second);
            Pair(m + 7 * outs, x7, ref first, ref second);
            first.Store(y + j);
            second.Store(y + j + Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(Bf16* matrix, Vector256<float> x, ref Vector256<float> first, ref Vector256<float> second)
    {
        Vector256<uint> words = Vector256.Load((uint*)matrix);
        first = Fma.MultiplyAdd(Vector256.ShiftLeft(words, 16).AsSingle(), x, first);
        second = Fma.MultiplyAdd((words & Vector256.Create(0xFFFF0000)).AsSingle(), x, second);
    }

    // As Two.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoOfPairs(float* x, float* z, Bf16* matrix, float* y, float* w, long outs, int count)
    {
        for (int j = 0; j < count; j += 2 * Width)
        {
            Vector256<float> first = Vector256.Load(y + j),
                second = Vector256.Load(y + j + Width),
                otherFirst = Vector256.Load(w + j),
                otherSecond = Vector256.Load(w + j + Width);
            for (int i = 0; i < Depth; i++)
            {
                Vector256<uint> words = Vector256.Load((uint*)(matrix + i * outs + j));
                Vector256<float> low = Vector256.ShiftLeft(words, 16).AsSingle(),
                    high = (words & Vector256.Create(0xFFFF0000)).AsSingle(),
                    forOne = Vector256.Create(x[i]),
                    forOther = Vector256.Create(z[i]);
                (first, second) = (Fma.MultiplyAdd(low, forOne, first), Fma.MultiplyAdd(high, forOne, second));
                (otherFirst, otherSecond) = (
                    Fma.MultiplyAdd(low, forOther, otherFirst),
                    Fma.MultiplyAdd(high, forOther, otherSecond)
                );
            }

            first.Store(y + j);
            second.Store(y + j + Width);
            otherFirst.Store(w + j);
            otherSecond.Store(w + j + Width);
        }
    }
}
