using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Custom kernels over rows of float32 or bfloat16. They read and write each value once, whereas a chain of
/// libtorch operations passes through memory for every operation.</summary>
/// <remarks>Values are computed in float32, 8 lanes at a time on every processor, so that runs are reproducible bit
/// for bit. They are rounded to bfloat16 where libtorch's operations round in the forward pass. One thread computes a
/// row. The type parameters are float or <see cref="Bf16"/>.</remarks>
internal static unsafe class RowKernels
{
    private const int Width = Simd8.Width;

    // Minimum number of values per additional thread; libtorch uses the same limit.
    private const long Grain = 32_768;

    /// <summary>Whether these kernels support a tensor: float32 or bfloat16 on a CPU with 256-bit SIMD, up to 2 GiB
    /// (the limit of a span).</summary>
    public static bool Supports(Tensor tensor) =>
        Vector256.IsHardwareAccelerated
        && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16
        && tensor.device_type == DeviceType.CPU
        && tensor.NumberOfElements * tensor.element_size() <= int.MaxValue;

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

    /// <summary>x / √(mean(x²) + ε) · weight.</summary>
    /// <param name="input">[..., count]</param>
    /// <param name="weight">[count], in the input's type.</param>
    public static Tensor RmsNorm(Tensor input, Tensor weight, double epsilon) =>
        input.dtype == ScalarType.Float32
            ? RmsNorm<float>(input, weight, epsilon)
            : RmsNorm<Bf16>(input, weight, epsilon);

    private static Tensor RmsNorm<T>(Tensor input, Tensor weight, double epsilon)
        where T : unmanaged
    {
        using Tensor rows = input.contiguous();
        int count = (int)input.size(-1);
        Tensor output = empty_like(rows);
        T* from = NativeTensor.At<T>(rows),
            factors = NativeTensor.At<T>(weight),
            to = NativeTensor.At<T>(output);
        Each(
            rows.NumberOfElements / count,
            count,
            row => RmsNormRow(from + row * count, factors, to + row * count, count, epsilon)
        );
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RmsNormRow<T>(T* x, T* weight, T* to, int count, double epsilon)
        where T : unmanaged
    {
        float scale = Scale(x, count, epsilon);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Simd8.Store(Simd8.Rounded<T>(Simd8.Load(x + i) * scale) * Simd8.Load(weight + i), to + i);
        }

        for (; i < count; i++)
        {
            Simd8.StoreOne(Simd8.RoundedOne<T>(Simd8.LoadOne(x + i) * scale) * Simd8.LoadOne(weight + i), to + i);
        }
    }

    /// <summary>The gradient of <see cref="RmsNorm(Tensor, Tensor, double)"/>'s input: with r the scale and h =
    /// gradient · weight, r · h - x · r³ · mean(h · x).</summary>
    public static Tensor RmsNormBackward(Tensor input, Tensor weight, Tensor gradient, double epsilon) =>
        input.dtype == ScalarType.Float32
            ? RmsNormBackward<float>(input, weight, gradient, epsilon)
            : RmsNormBackward<Bf16>(input, weight, gradient, epsilon);

    private static Tensor RmsNormBackward<T>(Tensor input, Tensor weight, Tensor gradient, double epsilon)
        where T : unmanaged
    {
        using Tensor rows = input.contiguous(),
            slopes = gradient.contiguous();
        int count = (int)input.size(-1);
        Tensor output = empty_like(rows);
        T* x = NativeTensor.At<T>(rows),
            factors = NativeTensor.At<T>(weight),
            from = NativeTensor.At<T>(slopes),
            to = NativeTensor.At<T>(output);
        Each(
            rows.NumberOfElements / count,
            count,
            row => RmsNormBackwardRow(x + row * count, factors, from + row * count, to + row * count, count, epsilon)
        );
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RmsNormBackwardRow<T>(T* x, T* weight, T* from, T* to, int count, double epsilon)
        where T : unmanaged
    {
        float scale = Scale(x, count, epsilon),
            pull = (float)((double)scale * scale * scale * Dot(x, from, weight, count) / count);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Simd8.Store(Simd8.Load(from + i) * Simd8.Load(weight + i) * scale - Simd8.Load(x + i) * pull, to + i);
        }

        for (; i < count; i++)
        {
            Simd8.StoreOne(
                Simd8.LoadOne(from + i) * Simd8.LoadOne(weight + i) * scale - Simd8.LoadOne(x + i) * pull,
                to + i
            );
        }
    }

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

    private static void Each(long rows, int count, Action<long> row) =>
        Threads.For(rows, row, most: 1 + rows * count / Grain);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sigmoid(Vector256<float> x) =>
        Vector256<float>.One / (Vector256<float>.One + Exponential.Of(-x));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Scale<T>(T* x, int count, double epsilon)
        where T : unmanaged
    {
        (Vector256<float> sum, float rest) = (Vector256<float>.Zero, 0);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> v = Simd8.Load(x + i);
            sum += v * v;
        }

        for (; i < count; i++)
        {
            rest += Simd8.LoadOne(x + i) * Simd8.LoadOne(x + i);
        }

        return (float)(1 / Math.Sqrt((Vector256.Sum(sum) + (double)rest) / count + epsilon));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot<T>(T* x, T* gradient, T* weight, int count)
        where T : unmanaged
    {
        (Vector256<float> sum, float rest) = (Vector256<float>.Zero, 0);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            sum += Simd8.Load(x + i) * Simd8.Load(gradient + i) * Simd8.Load(weight + i);
        }

        for (; i < count; i++)
        {
            rest += Simd8.LoadOne(x + i) * Simd8.LoadOne(gradient + i) * Simd8.LoadOne(weight + i);
        }

        return Vector256.Sum(sum) + (double)rest;
    }
}
