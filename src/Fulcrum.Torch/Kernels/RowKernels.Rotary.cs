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
        using Tensor rows = input.contiguous();
        (int heads, int half) = ((int)input.size(-2), (int)(input.size(-1) / 2));
        Tensor output = empty_like(rows);
        T* from = NativeTensor.At<T>(rows),
            to = NativeTensor.At<T>(output);
        float* cosines = NativeTensor.Floats(cos),
            sines = NativeTensor.Floats(sin);
        Each(
            cos.NumberOfElements / half,
            heads * 2 * half,
            token =>
            {
                for (long head = token * heads; head < (token + 1) * heads; head++)
                {
                    ApplyRotaryToHead(
                        from + head * 2 * half,
                        cosines + token * half,
                        sines + token * half,
                        to + head * 2 * half,
                        half,
                        back ? -1 : 1
                    );
                }
            }
        );
        return output;
    }

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
