using System.Diagnostics;
using Fulcrum.Models;
using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Measures this machine's matmul rate, to which speeds of models are related.</summary>
internal static class MatmulRate
{
    // A type without processor support is multiplied value by value; the full measurement would take minutes.
    private const double TooLong = 0.3;

    private const long Rows = 512,
        FewRows = 32,
        Inner = 1536,
        Columns = 8960;

    /// <summary>GFLOP/s of a 512 x 1536 by 1536 x 8960 matmul by libtorch's own operation, best of several
    /// repetitions. With 32 rows if these already take more than 0.3 s.</summary>
    public static double Gflops(Dtype dtype, int repetitions = 6) => Best(dtype, (a, b) => a.matmul(b), repetitions);

    /// <summary>The same matmul computed as the model does it with its weights.</summary>
    public static double OfModel(Dtype dtype, int repetitions = 6) =>
        Best(dtype, (a, b) => FrozenMatmul.Forward(a, b.t(), null), repetitions);

    /// <summary>Speedup of the model's matmuls in another type over float32: the smaller one of many rows (prompts,
    /// training) and few rows (decoding).</summary>
    /// <remarks>The two types alternate, so that other load slows both. The best time of each counts.</remarks>
    public static double Speedup(Dtype dtype, Device device, int repetitions = 5) =>
        new[] { Rows, FewRows }.Min(rows => Speedup(dtype, device, rows, repetitions));

    private static double Speedup(Dtype dtype, Device device, long rows, int repetitions)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Timed[] both = [.. new[] { Dtype.F32, dtype }.Select(d => new Timed(Hardware.DtypeOf(d), device, rows))];
        double[] best = [.. both.Select(_ => double.PositiveInfinity)];
        for (int i = 0; i <= 2 * repetitions + 1; i++)
        {
            double seconds = both[i % 2].Multiply((a, b) => FrozenMatmul.Forward(a, b.t(), null));
            best[i % 2] = i < 2 ? best[i % 2] : Math.Min(best[i % 2], seconds);
        }

        return best[0] / best[1];
    }

    private static double Rate(long rows, double seconds) => 2.0 * rows * Inner * Columns / seconds / 1e9;

    private static double Best(Dtype dtype, Func<Tensor, Tensor, Tensor> multiply, int repetitions)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Timed few = new(Hardware.DtypeOf(dtype), CPU, FewRows);
        double first = Math.Min(few.Multiply(multiply), few.Multiply(multiply));
        if (first > TooLong)
        {
            return Rate(FewRows, first);
        }

        Timed product = new(Hardware.DtypeOf(dtype), CPU, Rows);
        return Rate(
            Rows,
            Enumerable.Range(0, repetitions + 1).Select(_ => product.Multiply(multiply)).ToArray()[1..].Min()
        );
    }

    // Operands of one matmul, in the caller's dispose scope.
    private sealed class Timed(ScalarType type, Device device, long rows)
    {
        private readonly Tensor a = ones(rows, Inner, dtype: type, device: device),
            b = ones(Inner, Columns, dtype: type, device: device);

        public double Multiply(Func<Tensor, Tensor, Tensor> multiply)
        {
            using DisposeScope scope = NewDisposeScope();
            long start = Stopwatch.GetTimestamp();
            multiply(a, b);
            if (a.device_type == DeviceType.CUDA)
            {
                cuda.synchronize(a.device);
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
