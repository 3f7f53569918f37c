using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

internal static unsafe partial class RowKernels
{
    /// <summary>silu(gate) · up.</summary>
    /// <param name="joined">[..., 2 · count]: gate, then up.</param>
    /// <returns>[..., count]</returns>
    public static Tensor SwiGlu(Tensor joined) =>
        joined.dtype == ScalarType.Float32 ? SwiGlu<float>(joined) : SwiGlu<Bf16>(joined);

    private static Tensor SwiGlu<T>(Tensor joined)
        where T : unmanaged
    {
        using Tensor rows = joined.contiguous();
        int count = (int)(joined.size(-1) / 2);
        Tensor output = empty(joined.WithLast(count), joined.dtype, CPU);
        T* from = NativeTensor.At<T>(rows),
            to = NativeTensor.At<T>(output);
        Each(
            rows.NumberOfElements / (2 * count),
            count,
            row => SwiGluRow(from + row * 2 * count, to + row * count, count)
        );
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SwiGluRow<T>(T* gate, T* to, int count)
        where T : unmanaged
    {
        T* up = gate + count;
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> g = Simd8.Load(gate + i);
            Simd8.Store(Simd8.Rounded<T>(g * Sigmoid(g)) * Simd8.Load(up + i), to + i);
        }

        for (; i < count; i++)
        {
            float g = Simd8.LoadOne(gate + i);
            Simd8.StoreOne(Simd8.RoundedOne<T>(g / (1 + MathF.Exp(-g))) * Simd8.LoadOne(up + i), to + i);
        }
    }

    /// <summary>Returns the gradients of gate and up, shaped as <paramref name="joined"/>, from the gradient of the
    /// output.</summary>
    public static Tensor SwiGluBackward(Tensor joined, Tensor gradient) =>
        joined.dtype == ScalarType.Float32
            ? SwiGluBackward<float>(joined, gradient)
            : SwiGluBackward<Bf16>(joined, gradient);

    private static Tensor SwiGluBackward<T>(Tensor joined, Tensor gradient)
        where T : unmanaged
    {
        using Tensor rows = joined.contiguous(),
            slopes = gradient.contiguous();
        int count = (int)gradient.size(-1);
        Tensor output = empty_like(rows);
        T* input = NativeTensor.At<T>(rows),
            from = NativeTensor.At<T>(slopes),
            to = NativeTensor.At<T>(output);
        Each(
            slopes.NumberOfElements / count,
            count,
            row => SwiGluBackwardRow(input + row * 2 * count, from + row * count, to + row * 2 * count, count)
        );
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SwiGluBackwardRow<T>(T* gate, T* from, T* forGate, int count)
        where T : unmanaged
    {
        T* up = gate + count,
            forUp = forGate + count;
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> g = Simd8.Load(gate + i),
                s = Sigmoid(g),
                d = Simd8.Load(from + i);
            Simd8.Store(d * g * s, forUp + i);
            Simd8.Store(
                d * Simd8.Load(up + i) * s * (Vector256<float>.One + g * (Vector256<float>.One - s)),
                forGate + i
            );
        }

        for (; i < count; i++)
        {
            float g = Simd8.LoadOne(gate + i),
                s = 1 / (1 + MathF.Exp(-g)),
                d = Simd8.LoadOne(from + i);
            Simd8.StoreOne(d * g * s, forUp + i);
            Simd8.StoreOne(d * Simd8.LoadOne(up + i) * s * (1 + g * (1 - s)), forGate + i);
        }
    }
}
