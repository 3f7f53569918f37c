using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fulcrum.Torch.Kernels;

/// <summary>The inner loops of <see cref="SmallBatchMatmul"/>: eight rows of the matrix at a time, for one row of the
/// input or for two.</summary>
internal static unsafe class SmallBatchRows
{
    private const int Width = Simd8.Width,
        Depth = SmallBatchMatmul.Depth;

    /// <summary>Starts a sum with the bias; null: with zeros.</summary>
    public static void Begin(Span<float> sum, float* bias)
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

    /// <summary>Puts the first and second values of pairs next to each other again, and adds the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(float* row, float* bias, int count)
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

    /// <summary>Adds a row to another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* to, float* more, int count)
    {
        for (int j = 0; j < count; j += Width)
        {
            (Vector256.Load(to + j) + Vector256.Load(more + j)).Store(to + j);
        }
    }

    /// <summary>y += eight rows of the matrix, each times its value of x, in the same order as
    /// <see cref="Two"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(float* x, float* matrix, float* y, long outs, int count)
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

    /// <summary>The same for two rows, so that each value of the matrix is read once for both.</summary>
    /// <remarks>A processor has fewer registers than values here. The others are read from its L1 cache.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Two(float* x, float* z, float* matrix, float* y, float* w, long outs, int count)
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

    /// <summary>As <see cref="One"/>, for bfloat16. The first value of a pair is the lower half of its word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneOfPairs(float* x, Bf16* matrix, float* y, long outs, int count)
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

    /// <summary>As <see cref="Two"/>, for bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwoOfPairs(float* x, float* z, Bf16* matrix, float* y, float* w, long outs, int count)
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
