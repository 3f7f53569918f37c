using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

internal static unsafe partial class RowKernels
{
    /// <summary>Applies the rotary embedding to the pairs (i, i + half) of each head: a · cos - b · sin, b · cos + a
    /// · sin.</summary>
    /// <param name="input">[..., heads, 2 · half]</param>
    /// <param name="cos">[..., half], float32, one row per token of the input; <paramref name="sin"/> too.</param>
    /// <param name="back">Rotate by the opposite angle: the backward pass.</param>
    public static Tensor ApplyRotary(Tensor input, Tensor cos, Tensor sin, bool back) =>
        input.dtype == ScalarType.Float32
            ? ApplyRotary<float>(input, cos, sin, back)
            : ApplyRotary<Bf16>(input, cos, sin, back);

    private static Tensor ApplyRotary<T>(Tensor input, Tensor cos, Tensor sin, bool back)
        where T : unmanaged
    {
        (int heads, int half) = ((int)input.size(-2), (int)(input.size(-1) / 2));
        using Tensor rows = TokensAreRows(input) ? input.detach() : input.contiguous(),
            first = rows.dim() == 3 && rows.size(0) > 0 ? rows.narrow(0, 0, 1) : rows.detach();
        Tensor output = empty(input.shape, input.dtype, CPU);
        long between = rows.dim() == 3 ? rows.stride(0) : heads * 2L * half;
        T* from = NativeTensor.At<T>(first),
            to = NativeTensor.At<T>(output);
        float* cosines = NativeTensor.Floats(cos),
            sines = NativeTensor.Floats(sin);
        Each(
            cos.NumberOfElements / half,
            heads * 2 * half,
            token =>
            {
                for (int head = 0; head < heads; head++)
                {
                    ApplyRotaryToHead(
                        from + token * between + head * 2 * half,
                        cosines + token * half,
                        sines + token * half,
                        to + (token * heads + head) * 2 * half,
                        half,
                        back ? -1 : 1
                    );
                }
            }
        );
        return output;
    }

    // The heads of a token are contiguous, as in a part of a fused projection's output.
    private static bool TokensAreRows(Tensor input) =>
        input.dim() == 3 && input.size(0) > 0 && input.stride(2) == 1 && input.stride(1) == input.size(2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ApplyRotaryToHead<T>(T* a, float* cos, float* sin, T* to, int half, float sign)
        where T : unmanaged
    {
        T* b = a + half;
        int i = 0;
        for (; i <= half - Width; i += Width)
        {
            Vector256<float> x = Simd8.Load(a + i),
                y = Simd8.Load(b + i),
                c = Vector256.Load(cos + i),
                s = Vector256.Load(sin + i) * sign;
            Simd8.Store(x * c - y * s, to + i);
            Simd8.Store(y * c + x * s, to + half + i);
        }

        for (; i < half; i++)
        {
            (float x, float y, float s) = (Simd8.LoadOne(a + i), Simd8.LoadOne(b + i), sign * sin[i]);
            Simd8.StoreOne(x * cos[i] - y * s, to + i);
            Simd8.StoreOne(y * cos[i] + x * s, to + half + i);
        }
    }
}
