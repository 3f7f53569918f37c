using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fulcrum.Torch.Kernels;

/// <summary>The inner loops of <see cref="Int8Matmul"/>: a block of 16 outputs, and one row of the input or
/// four.</summary>
/// <remarks>Sums of integers are exact, and the float32 operations are the same ones in the same order everywhere. So
/// the results are equal bit for bit on every processor, and equal to <see cref="Plain"/>.</remarks>
internal static unsafe class Int8Rows
{
    /// <summary>Outputs that are computed at once.</summary>
    public const int Block = 16;

    /// <summary>Inputs that share a scale of an input row: the longest sum in integers.</summary>
    public const int Group = 64;

    /// <summary>What is added to a weight, so that it is stored without a sign.</summary>
    public const int Offset = 128;

    /// <summary>Neighbouring inputs of an output: bytes that a processor multiplies and adds up in one lane.</summary>
    public const int Together = 4;

    private const int Lanes = 8;

    /// <summary>Whether this processor has the instructions; <see cref="Plain"/> needs none.</summary>
    public static bool IsSupported => Fma.IsSupported && Avx2.IsSupported;

    /// <summary>Quantises a row by groups: q = round(x · 127 / max|x|), half to even.</summary>
    /// <param name="count">A multiple of <see cref="Group"/>.</param>
    /// <param name="codes">[count]</param>
    /// <param name="scales">[count / 64]: max|x| / 127.</param>
    /// <param name="starts">[count / 64]: the sum of a block's integers before the first product,
    /// -128 · Σ q.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantise(float* x, int count, sbyte* codes, float* scales, int* starts)
    {
        for (int g = 0; g < count / Group; g++, x += Group, codes += Group)
        {
            Vector256<float> most = Vector256<float>.Zero;
            for (int i = 0; i < Group; i += Lanes)
            {
                most = Vector256.Max(most, Vector256.Abs(Vector256.Load(x + i)));
            }

            float largest = 0;
            for (int i = 0; i < Lanes; i++)
            {
                largest = MathF.Max(largest, most[i]);
            }

            float factor = largest > 0 ? 127 / largest : 0;
            Vector256<int> sum = Vector256<int>.Zero;
            for (int i = 0; i < Group; i += 2 * Lanes)
            {
                (Vector256<int> low, Vector256<int> high) = (Code(x + i, factor), Code(x + i + Lanes, factor));
                sum += low + high;
                Vector256<short> words = Vector256.Narrow(low, high);
                Vector256.Narrow(words, words).GetLower().Store(codes + i);
            }

            scales[g] = largest / 127;
            starts[g] = -Offset * Vector256.Sum(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Code(float* x, float factor) =>
        Vector256.ConvertToInt32(
            Vector256.Round(Vector256.Load(x) * Vector256.Create(factor), MidpointRounding.ToEven)
        );

    /// <summary>Writes 16 outputs of one row: scale · Σ over groups of the input's scale · Σ w q.</summary>
    /// <param name="weight">The block, [ins / 4, 16, 4].</param>
    /// <param name="codes">[groups, 64]</param>
    /// <param name="factors">[16]: the outputs' scales.</param>
    /// <param name="to">[16]</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(
        byte* weight,
        sbyte* codes,
        float* scales,
        int* starts,
        int groups,
        float* factors,
        float* to
    )
    {
        (Vector256<float> first, Vector256<float> second) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (int g = 0; g < groups; g++)
        {
            Vector256<int> a = Vector256.Create(starts[g]),
                b = a;
            for (int i = 0; i < Group; i += Together, weight += Block * Together, codes += Together)
            {
                Vector256<int> x = Vector256.Create(*(int*)codes);
                a = Dot(a, Vector256.Load(weight), x);
                b = Dot(b, Vector256.Load(weight + Block * Together / 2), x);
            }

            Vector256<float> scale = Vector256.Create(scales[g]);
            first = Fma.MultiplyAdd(Vector256.ConvertToSingle(a), scale, first);
            second = Fma.MultiplyAdd(Vector256.ConvertToSingle(b), scale, second);
        }

        End(first, factors, to);
        End(second, factors + Lanes, to + Lanes);
    }

    /// <summary>The same for four rows, so that a weight is read once for all.</summary>
    /// <param name="apart">Codes from one row to the next: 64 · groups; scales and starts are groups apart.</param>
    /// <param name="outs">Outputs from one row of <paramref name="to"/> to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(
        byte* weight,
        sbyte* codes,
        long apart,
        float* scales,
        int* starts,
        int groups,
        float* factors,
        float* to,
        long outs
    )
    {
        Vector256<float>* sums = stackalloc Vector256<float>[8];
        for (int g = 0; g < groups; g++)
        {
            Vector256<int> a0 = Vector256.Create(starts[g]),
                a1 = Vector256.Create(starts[groups + g]),
                a2 = Vector256.Create(starts[2 * groups + g]),
                a3 = Vector256.Create(starts[3 * groups + g]);
            (Vector256<int> b0, Vector256<int> b1, Vector256<int> b2, Vector256<int> b3) = (a0, a1, a2, a3);
            for (int i = 0; i < Group; i += Together, weight += Block * Together, codes += Together)
            {
                (Vector256<byte> w, Vector256<byte> z) = (
                    Vector256.Load(weight),
                    Vector256.Load(weight + Block * Together / 2)
                );
                Vector256<int> x = Vector256.Create(*(int*)codes);
                (a0, b0) = (Dot(a0, w, x), Dot(b0, z, x));
                x = Vector256.Create(*(int*)(codes + apart));
                (a1, b1) = (Dot(a1, w, x), Dot(b1, z, x));
                x = Vector256.Create(*(int*)(codes + 2 * apart));
                (a2, b2) = (Dot(a2, w, x), Dot(b2, z, x));
                x = Vector256.Create(*(int*)(codes + 3 * apart));
                (a3, b3) = (Dot(a3, w, x), Dot(b3, z, x));
            }

            Add(sums, scales[g], a0, b0);
            Add(sums + 2, scales[groups + g], a1, b1);
            Add(sums + 4, scales[2 * groups + g], a2, b2);
            Add(sums + 6, scales[3 * groups + g], a3, b3);
        }

        for (int r = 0; r < 4; r++, to += outs)
        {
            End(sums[2 * r], factors, to);
            End(sums[2 * r + 1], factors + Lanes, to + Lanes);
        }
    }

    /// <summary>As <see cref="One"/>, without instructions for vectors.</summary>
    public static void Plain(
        byte* weight,
        sbyte* codes,
        float* scales,
        int* starts,
        int groups,
        float* factors,
        float* to
    )
    {
        for (int o = 0; o < Block; o++)
        {
            float total = 0;
            for (int g = 0; g < groups; g++)
            {
                int sum = starts[g];
                for (int i = g * Group; i < (g + 1) * Group; i++)
                {
                    sum += weight[(i / Together * Block + o) * Together + i % Together] * codes[i];
                }

                total = MathF.FusedMultiplyAdd(sum, scales[g], total);
            }

            to[o] = total * factors[o];
        }
    }

    /// <summary>As <see cref="Quantise"/>, without instructions for vectors.</summary>
    public static void PlainQuantise(float* x, int count, sbyte* codes, float* scales, int* starts)
    {
        for (int g = 0; g < count / Group; g++, x += Group, codes += Group)
        {
            (float largest, int sum) = (0, 0);
            for (int i = 0; i < Group; i++)
            {
                largest = MathF.Max(largest, MathF.Abs(x[i]));
            }

            float factor = largest > 0 ? 127 / largest : 0;
            for (int i = 0; i < Group; i++)
            {
                codes[i] = (sbyte)(int)MathF.Round(x[i] * factor, MidpointRounding.ToEven);
                sum += codes[i];
            }

            scales[g] = largest / 127;
            starts[g] = -Offset * sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<float>* sums, float scale, Vector256<int> a, Vector256<int> b)
    {
        Vector256<float> factor = Vector256.Create(scale);
        sums[0] = Fma.MultiplyAdd(Vector256.ConvertToSingle(a), factor, sums[0]);
        sums[1] = Fma.MultiplyAdd(Vector256.ConvertToSingle(b), factor, sums[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void End(Vector256<float> sum, float* factors, float* to) =>
        (sum * Vector256.Load(factors)).Store(to);

    // sum + Σ w x over the four bytes of each lane. Without the instruction for it, bytes are widened to 16 bits: the
    // instruction for pairs of bytes would saturate.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> w, Vector256<int> x)
    {
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sum, w, x.AsSByte());
        }

        Vector256<short> even = (w.AsUInt16() & Vector256.Create((ushort)0xFF)).AsInt16(),
            odd = Vector256.ShiftRightLogical(w.AsUInt16(), 8).AsInt16(),
            forEven = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(x.AsInt16(), 8), 8),
            forOdd = Vector256.ShiftRightArithmetic(x.AsInt16(), 8);
        return sum + (Avx2.MultiplyAddAdjacent(even, forEven) + Avx2.MultiplyAddAdjacent(odd, forOdd));
    }
}
