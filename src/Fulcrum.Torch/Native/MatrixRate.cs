using System.Diagnostics;
using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Native;

/// <summary>How fast this machine multiplies matrices: the measure that speeds of models are compared by.</summary>
public static class MatrixRate
{
    private const long Rows = 512, Inner = 1536, Columns = 8960;

    /// <summary>GFLOP/s of a 512 x 1536 by 1536 x 8960 product by the library's plain operation, the best of some repetitions.</summary>
    /// <param name="dtype"><c>f32</c>, <c>bf16</c> or <c>f16</c>.</param>
    public static double Gflops(string dtype, int repetitions = 6) => Best(dtype, (a, b) => a.matmul(b), repetitions);

    /// <summary>The same product in the way in which the model multiplies by its weights.</summary>
    public static double OfModel(string dtype, int repetitions = 6) => Best(dtype, (a, b) => FrozenProduct.Of(a, b.t(), null), repetitions);

    private static double Best(string dtype, Func<Tensor, Tensor, Tensor> multiply, int repetitions)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        ScalarType type = TorchRuntime.DtypeOf(dtype);
        Tensor a = ones(Rows, Inner, dtype: type), b = ones(Inner, Columns, dtype: type);
        double best = double.PositiveInfinity;
        for (int i = 0; i <= repetitions; i++)
        {
            using DisposeScope inner = NewDisposeScope();
            long start = Stopwatch.GetTimestamp();
            multiply(a, b);
            best = i == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * Rows * Inner * Columns / best / 1e9;
    }
}
