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
internal static unsafe partial class RowKernels
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
