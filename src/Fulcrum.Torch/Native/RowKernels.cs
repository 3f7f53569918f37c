using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Fulcrum.Torch.Native;

/// <summary>Loops over rows of float32 that read and write each number once, where a chain of the library's operations goes through memory for each of them.</summary>
/// <remarks>Eight numbers at a time whatever the processor, so that equal runs give equal bytes; a row is one thread's.</remarks>
internal static unsafe class RowKernels
{
    private const int Width = 8;

    // Numbers that a thread must have to do before a second one is worth waking; the library's own operations divide at the same size.
    private const long Grain = 32_768;

    /// <summary>Whether the rows of a tensor can be read here: float32 on the CPU, by a processor that does eight numbers at a time, up to 2 GiB (what one span reaches).</summary>
    public static bool Serve(torch.Tensor tensor) => Vector256.IsHardwareAccelerated
        && tensor.dtype == torch.ScalarType.Float32 && tensor.device_type == DeviceType.CPU && tensor.NumberOfElements <= int.MaxValue / sizeof(float);

    /// <summary>silu(gate) · up.</summary>
    /// <param name="joined">[rows, 2 · count]: gate, then up.</param>
    /// <param name="output">[rows, count]</param>
    public static void SwiGlu(float* joined, float* output, long rows, int count) => Each(rows, count, row => SwiGluRow(joined + row * 2 * count, output + row * count, count));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SwiGluRow(float* gate, float* to, int count)
    {
        float* up = gate + count;
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> g = Vector256.Load(gate + i);
            (g * Sigmoid(g) * Vector256.Load(up + i)).Store(to + i);
        }

        for (; i < count; i++)
        {
            to[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
        }
    }

    /// <summary>Gradients of <see cref="SwiGlu"/>.</summary>
    /// <param name="gradient">Of the output, [rows, count].</param>
    /// <param name="output">Of gate and up, [rows, 2 · count].</param>
    public static void SwiGluBackward(float* joined, float* gradient, float* output, long rows, int count) =>
        Each(rows, count, row => SwiGluBackwardRow(joined + row * 2 * count, gradient + row * count, output + row * 2 * count, count));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SwiGluBackwardRow(float* gate, float* from, float* forGate, int count)
    {
        float* up = gate + count, forUp = forGate + count;
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> g = Vector256.Load(gate + i), s = Sigmoid(g), d = Vector256.Load(from + i);
            (d * g * s).Store(forUp + i);
            (d * Vector256.Load(up + i) * s * (Vector256<float>.One + g * (Vector256<float>.One - s))).Store(forGate + i);
        }

        for (; i < count; i++)
        {
            float g = gate[i], s = 1 / (1 + MathF.Exp(-g));
            (forUp[i], forGate[i]) = (from[i] * g * s, from[i] * up[i] * s * (1 + g * (1 - s)));
        }
    }

    /// <summary>x / √(mean(x²) + ε) · weight.</summary>
    /// <param name="input">[rows, count]</param>
    /// <param name="weight">[count]</param>
    public static void Norm(float* input, float* weight, float* output, long rows, int count, double epsilon) =>
        Each(rows, count, row => NormRow(input + row * count, weight, output + row * count, count, epsilon));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormRow(float* x, float* weight, float* to, int count, double epsilon)
    {
        float scale = Scale(x, count, epsilon);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Vector256.Load(x + i) * scale * Vector256.Load(weight + i)).Store(to + i);
        }

        for (; i < count; i++)
        {
            to[i] = x[i] * scale * weight[i];
        }
    }

    /// <summary>The gradient of <see cref="Norm"/>'s input: with r the scale and h = gradient · weight, r · h - x · r³ · mean(h · x).</summary>
    public static void NormBackward(float* input, float* weight, float* gradient, float* output, long rows, int count, double epsilon) =>
        Each(rows, count, row => NormBackwardRow(input + row * count, weight, gradient + row * count, output + row * count, count, epsilon));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormBackwardRow(float* x, float* weight, float* from, float* to, int count, double epsilon)
    {
        float scale = Scale(x, count, epsilon), pull = (float)((double)scale * scale * scale * Dot(x, from, weight, count) / count);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Vector256.Load(from + i) * Vector256.Load(weight + i) * scale - Vector256.Load(x + i) * pull).Store(to + i);
        }

        for (; i < count; i++)
        {
            to[i] = from[i] * weight[i] * scale - x[i] * pull;
        }
    }

    /// <summary>Turns pairs (i, i + half) of each head: a · cos - b · sin, b · cos + a · sin.</summary>
    /// <param name="input">[tokens, heads, 2 · half]</param>
    /// <param name="cos">[tokens, half]; <paramref name="sin"/> too.</param>
    /// <param name="back">By the opposite angle, which is the way of the gradient.</param>
    public static void Turn(float* input, float* cos, float* sin, float* output, long tokens, int heads, int half, bool back) =>
        Each(tokens, heads * 2 * half, token =>
        {
            for (long head = token * heads; head < (token + 1) * heads; head++)
            {
                TurnHead(input + head * 2 * half, cos + token * half, sin + token * half, output + head * 2 * half, half, back ? -1 : 1);
            }
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnHead(float* a, float* cos, float* sin, float* to, int half, float sign)
    {
        float* b = a + half;
        int i = 0;
        for (; i <= half - Width; i += Width)
        {
            Vector256<float> x = Vector256.Load(a + i), y = Vector256.Load(b + i), c = Vector256.Load(cos + i), s = Vector256.Load(sin + i) * sign;
            (x * c - y * s).Store(to + i);
            (y * c + x * s).Store(to + half + i);
        }

        for (; i < half; i++)
        {
            (to[i], to[half + i]) = (a[i] * cos[i] - b[i] * sign * sin[i], b[i] * cos[i] + a[i] * sign * sin[i]);
        }
    }

    private static void Each(long rows, int count, Action<long> row) => Threads.For(rows, row, most: 1 + rows * count / Grain);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exponential.Of(-x));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Scale(float* x, int count, double epsilon)
    {
        (Vector256<float> sum, float rest) = (Vector256<float>.Zero, 0);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> v = Vector256.Load(x + i);
            sum += v * v;
        }

        for (; i < count; i++)
        {
            rest += x[i] * x[i];
        }

        return (float)(1 / Math.Sqrt((Vector256.Sum(sum) + (double)rest) / count + epsilon));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot(float* x, float* gradient, float* weight, int count)
    {
        (Vector256<float> sum, float rest) = (Vector256<float>.Zero, 0);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            sum += Vector256.Load(x + i) * Vector256.Load(gradient + i) * Vector256.Load(weight + i);
        }

        for (; i < count; i++)
        {
            rest += x[i] * gradient[i] * weight[i];
        }

        return Vector256.Sum(sum) + (double)rest;
    }
}
