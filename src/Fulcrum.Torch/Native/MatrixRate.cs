using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Native;

/// <summary>How fast this machine multiplies matrices: the measure that speeds of models are compared by.</summary>
public static class MatrixRate
{
    /// <summary>GFLOP/s of a 512 x 1536 by 1536 x 8960 product, the best of some repetitions.</summary>
    /// <param name="dtype"><c>f32</c>, <c>bf16</c> or <c>f16</c>.</param>
    public static double Gflops(string dtype, int repetitions = 6)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        ScalarType type = TorchRuntime.DtypeOf(dtype);
        Tensor a = ones(512, 1536, dtype: type), b = ones(8960, 1536, dtype: type);
        double best = double.PositiveInfinity;
        for (int i = 0; i <= repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using Tensor product = nn.functional.linear(a, b);
            best = i == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * 512 * 1536 * 8960 / best / 1e9;
    }
}
