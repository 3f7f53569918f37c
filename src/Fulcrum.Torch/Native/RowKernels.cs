using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Native;

/// <summary>Loops over rows of float32 or bfloat16 that read and write each number once, where a chain of the library's
/// operations goes through memory for each of them.</summary>
/// <remarks>
/// Computed in float32, eight numbers at a time whatever the processor, so that equal runs give equal bytes; rounded to
/// bfloat16 where the library's chain rounds on the way forward. A row is one
/// thread's. The type parameters are float or <see cref="Bf16"/>.
/// </remarks>
internal static unsafe class RowKernels
{
    private const int Width = Eight.Width;

    // Numbers that a thread must have to do before a second one is worth waking; the library's own operations divide at
    // the same size.
    private const long Grain = 32_768;

    /// <summary>Whether the rows of a tensor can be read here: float32 or bfloat16 on the CPU, by a processor that does
    /// eight numbers at a time, up to 2 GiB (what one span reaches).</summary>
    public static bool Serve(Tensor tensor) =>
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
            Vector256<float> g = Eight.Load(gate + i);
            Eight.Store(Eight.Rounded<T>(g * Sigmoid(g)) * Eight.Load(up + i), to + i);
        }

        for (; i < count; i++)
        {
            float g = Eight.LoadOne(gate + i);
            Eight.StoreOne(Eight.RoundedOne<T>(g / (1 + MathF.Exp(-g))) * Eight.LoadOne(up + i), to + i);
        }
    }

    /// <summary>The gradients of gate and up, as <paramref name="joined"/>, from that of the output.</summary>
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
            Vector256<float> g = Eight.Load(gate + i),
                s = Sigmoid(g),
                d = Eight.Load(from + i);
            Eight.Store(d * g * s, forUp + i);
            Eight.Store(
                d * Eight.Load(up + i) * s * (Vector256<float>.One + g * (Vector256<float>.One - s)),
                forGate + i
            );
        }

        for (; i < count; i++)
        {
            float g = Eight.LoadOne(gate + i),
                s = 1 / (1 + MathF.Exp(-g)),
                d = Eight.LoadOne(from + i);
            Eight.StoreOne(d * g * s, forUp + i);
            Eight.StoreOne(d * Eight.LoadOne(up + i) * s * (1 + g * (1 - s)), forGate + i);
        }
    }

    /// <summary>x / √(mean(x²) + ε) · weight.</summary>
    /// <param name="input">[..., count]</param>
    /// <param name="weight">[count], in the input's type.</param>
    public static Tensor Norm(Tensor input, Tensor weight, double epsilon) =>
        input.dtype == ScalarType.Float32 ? Norm<float>(input, weight, epsilon) : Norm<Bf16>(input, weight, epsilon);

    private static Tensor Norm<T>(Tensor input, Tensor weight, double epsilon)
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
            row => NormRow(from + row * count, factors, to + row * count, count, epsilon)
        );
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormRow<T>(T* x, T* weight, T* to, int count, double epsilon)
        where T : unmanaged
    {
        float scale = Scale(x, count, epsilon);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Eight.Store(Eight.Rounded<T>(Eight.Load(x + i) * scale) * Eight.Load(weight + i), to + i);
        }

        for (; i < count; i++)
        {
            Eight.StoreOne(Eight.RoundedOne<T>(Eight.LoadOne(x + i) * scale) * Eight.LoadOne(weight + i), to + i);
        }
    }

    /// <summary>The gradient of <see cref="Norm"/>'s input: with r the scale and h = gradient · weight, r · h - x · r³
    /// · mean(h · x).</summary>
    public static Tensor NormBackward(Tensor input, Tensor weight, Tensor gradient, double epsilon) =>
        input.dtype == ScalarType.Float32
            ? NormBackward<float>(input, weight, gradient, epsilon)
            : NormBackward<Bf16>(input, weight, gradient, epsilon);

    private static Tensor NormBackward<T>(Tensor input, Tensor weight, Tensor gradient, double epsilon)
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
            row => NormBackwardRow(x + row * count, factors, from + row * count, to + row * count, count, epsilon)
        );
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormBackwardRow<T>(T* x, T* weight, T* from, T* to, int count, double epsilon)
        where T : unmanaged
    {
        float scale = Scale(x, count, epsilon),
            pull = (float)((double)scale * scale * scale * Dot(x, from, weight, count) / count);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Eight.Store(Eight.Load(from + i) * Eight.Load(weight + i) * scale - Eight.Load(x + i) * pull, to + i);
        }

        for (; i < count; i++)
        {
            Eight.StoreOne(
                Eight.LoadOne(from + i) * Eight.LoadOne(weight + i) * scale - Eight.LoadOne(x + i) * pull,
                to + i
            );
        }
    }

    /// <summary>Turns pairs (i, i + half) of each head: a · cos - b · sin, b · cos + a · sin.</summary>
    /// <param name="input">[..., heads, 2 · half]</param>
    /// <param name="cos">[..., half], float32, as many as there are tokens in the input; <paramref name="sin"/>
    /// too.</param>
    /// <param name="back">By the opposite angle, which is the way of the gradient.</param>
    public static Tensor Turn(Tensor input, Tensor cos, Tensor sin, bool back) =>
        input.dtype == ScalarType.Float32 ? Turn<float>(input, cos, sin, back) : Turn<Bf16>(input, cos, sin, back);

    private static Tensor Turn<T>(Tensor input, Tensor cos, Tensor sin, bool back)
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
                    TurnHead(
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
    private static void TurnHead<T>(T* a, float* cos, float* sin, T* to, int half, float sign)
        where T : unmanaged
    {
        T* b = a + half;
        int i = 0;
        for (; i <= half - Width; i += Width)
        {
            Vector256<float> x = Eight.Load(a + i),
                y = Eight.Load(b + i),
                c = Vector256.Load(cos + i),
                s = Vector256.Load(sin + i) * sign;
            Eight.Store(x * c - y * s, to + i);
            Eight.Store(y * c + x * s, to + half + i);
        }

        for (; i < half; i++)
        {
            (float x, float y, float s) = (Eight.LoadOne(a + i), Eight.LoadOne(b + i), sign * sin[i]);
            Eight.StoreOne(x * cos[i] - y * s, to + i);
            Eight.StoreOne(y * cos[i] + x * s, to + half + i);
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
            Vector256<float> v = Eight.Load(x + i);
            sum += v * v;
        }

        for (; i < count; i++)
        {
            rest += Eight.LoadOne(x + i) * Eight.LoadOne(x + i);
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
            sum += Eight.Load(x + i) * Eight.Load(gradient + i) * Eight.Load(weight + i);
        }

        for (; i < count; i++)
        {
            rest += Eight.LoadOne(x + i) * Eight.LoadOne(gradient + i) * Eight.LoadOne(weight + i);
        }

        return Vector256.Sum(sum) + (double)rest;
    }
}
