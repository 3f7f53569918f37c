using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Fulcrum.Torch.Kernels;

/// <summary>
/// The 4-bit NormalFloat code (QLoRA, arXiv:2305.14314, section 3): each block of 64 weights is divided by its largest
/// magnitude, and each quotient becomes the nearest of 16 levels, which are quantiles of a normal distribution. Two
/// codes a byte, the first in the upper half.
///</summary>
internal static class Nf4
{
    /// <summary>Weights that share a largest magnitude.</summary>
    public const int Block = 64;

    /// <summary>The levels, as the paper's appendix E lists them.</summary>
    public static ReadOnlySpan<float> Levels =>
        [
            -1,
            -0.6961928009986877f,
            -0.5250730514526367f,
            -0.39491748809814453f,
            -0.28444138169288635f,
            -0.18477343022823334f,
            -0.09105003625154495f,
            0,
            0.07958029955625534f,
            0.16093020141124725f,
            0.24611230194568634f,
            0.33791524171829224f,
            0.44070982933044434f,
            0.5626170039176941f,
            0.7229568362236023f,
            1,
        ];

    /// <summary>Codes some weights; a last block may be short.</summary>
    /// <param name="weights">A whole tensor, row after row.</param>
    /// <param name="packed">(weights + 1) / 2 bytes.</param>
    /// <param name="largest">One a block.</param>
    public static void Encode(ReadOnlySpan<float> weights, Span<byte> packed, Span<float> largest)
    {
        for (int block = 0; block < largest.Length; block++)
        {
            ReadOnlySpan<float> part = weights[(block * Block)..Math.Min(weights.Length, (block + 1) * Block)];
            float most = Math.Abs(TensorPrimitives.MaxMagnitude(part)),
                inverse = most == 0 ? 0 : 1 / most;
            largest[block] = most;
            for (int i = 0; i < part.Length; i += 2)
            {
                int first = Nearest(part[i] * inverse),
                    second = i + 1 < part.Length ? Nearest(part[i + 1] * inverse) : 0;
                packed[(block * Block + i) / 2] = (byte)((first << 4) | second);
            }
        }
    }

    /// <summary>The weights of whole blocks, float32.</summary>
    /// <param name="packed">Their codes.</param>
    /// <param name="weights">[count]</param>
    /// <param name="largest">For each block.</param>
    public static unsafe void Decode(byte* packed, ReadOnlySpan<float> largest, float* weights, long count)
    {
        float* scaled = stackalloc float[16];
        for (int block = 0; block < largest.Length; block++)
        {
            Scale(largest[block], scaled);
            byte* from = packed + block * (Block / 2);
            float* to = weights + block * Block;
            int size = (int)Math.Min(Block, count - (long)block * Block);
            if (Avx512F.IsSupported && size == Block)
            {
                Wide(from, scaled, to);
                continue;
            }

            for (int i = 0; i < size; i++)
            {
                to[i] = scaled[(from[i / 2] >> (4 - (i & 1) * 4)) & 15];
            }
        }
    }

    /// <summary>The weights of whole blocks, bfloat16 or float16: rounded once, from float32.</summary>
    public static unsafe void Decode(
        byte* packed,
        ReadOnlySpan<float> largest,
        ushort* weights,
        long count,
        torch.ScalarType dtype
    )
    {
        float* scaled = stackalloc float[16];
        ushort* rounded = stackalloc ushort[32];
        for (int block = 0; block < largest.Length; block++)
        {
            Scale(largest[block], scaled);
            for (int i = 0; i < 16; i++)
            {
                rounded[i] = rounded[i + 16] =
                    dtype == torch.ScalarType.BFloat16
                        ? Bf16.Of(scaled[i]).Bits
                        : BitConverter.HalfToUInt16Bits((Half)scaled[i]);
            }

            byte* from = packed + block * (Block / 2);
            ushort* to = weights + block * Block;
            int size = (int)Math.Min(Block, count - (long)block * Block);
            if (Avx512BW.IsSupported && size == Block)
            {
                Wide(from, rounded, to);
                continue;
            }

            for (int i = 0; i < size; i++)
            {
                to[i] = rounded[(from[i / 2] >> (4 - (i & 1) * 4)) & 15];
            }
        }
    }

    // The nearest level; between two levels the lower one, as the first of equal distances.
    private static int Nearest(float value)
    {
        int best = 0;
        for (int step = 8; step > 0; step /= 2)
        {
            best += value > Middle(best + step) ? step : 0;
        }

        return best;
    }

    private static float Middle(int level) => Middles[level - 1];

    private static readonly float[] Middles = [.. Enumerable.Range(0, 15).Select(i => (Levels[i] + Levels[i + 1]) / 2)];

    private static unsafe void Scale(float largest, float* scaled)
    {
        for (int i = 0; i < 16; i++)
        {
            scaled[i] = Levels[i] * largest;
        }
    }

    // Every byte twice, shifted by 4 or not; the permutation reads the low 4 (or 5, in a table that repeats) bits of an
    // index.
    private static readonly Vector512<uint> Shifts = Vector512.Create(
        Enumerable.Range(0, 16).Select(i => i % 2 == 0 ? 4u : 0).ToArray()
    );
    private static readonly Vector512<ushort> ShortShifts = Vector512.Create(
        Enumerable.Range(0, 32).Select(i => (ushort)(i % 2 == 0 ? 4 : 0)).ToArray()
    );

    private static unsafe void Wide(byte* from, float* scaled, float* to)
    {
        Vector512<float> table = Vector512.Load(scaled);
        for (int i = 0; i < Block; i += 16)
        {
            Vector128<byte> pairs = Vector128.CreateScalar(*(ulong*)(from + i / 2)).AsByte();
            Vector512<uint> codes = Avx512F.ConvertToVector512UInt32(Sse2.UnpackLow(pairs, pairs));
            Avx512F.PermuteVar16x32(table, Avx512F.ShiftRightLogicalVariable(codes, Shifts).AsInt32()).Store(to + i);
        }
    }

    private static unsafe void Wide(byte* from, ushort* rounded, ushort* to)
    {
        Vector512<ushort> table = Vector512.Load(rounded);
        for (int i = 0; i < Block; i += 32)
        {
            Vector128<byte> pairs = Vector128.Load(from + i / 2);
            Vector256<byte> twice = Vector256.Create(Sse2.UnpackLow(pairs, pairs), Sse2.UnpackHigh(pairs, pairs));
            Vector512<ushort> codes = Avx512BW.ShiftRightLogicalVariable(
                Avx512BW.ConvertToVector512UInt16(twice),
                ShortShifts
            );
            Avx512BW.PermuteVar32x16(table, codes).Store(to + i);
        }
    }
}
