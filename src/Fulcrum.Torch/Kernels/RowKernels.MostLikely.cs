using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

internal static unsafe partial class RowKernels
{
    // Values whose exponentials are added up in float32 before they enter the row's sum in float64.
    private const int SumBlock = 1024;

    /// <summary>The index of the highest value of each row, and log Σ exp of the row. A row is read from memory
    /// once.</summary>
    /// <param name="logits">[rows, vocabulary], float32.</param>
    /// <returns>[rows] each. Of equal values the first one counts. A row with a NaN has the sum NaN.</returns>
    public static (long[] Best, float[] LogSum) MostLikely(Tensor logits)
    {
        using Tensor rows = logits.contiguous();
        int count = (int)logits.size(-1);
        long[] best = new long[logits.NumberOfElements / count];
        float[] sums = new float[best.Length];
        float* from = NativeTensor.Floats(rows);
        Each(
            best.Length,
            count,
            row =>
            {
                float* values = from + row * count;
                best[row] = Highest(values, count);
                float highest = values[best[row]];
                sums[row] = (float)Math.Log(SumOfExponentials(values, highest, count)) + highest;
            }
        );
        return (best, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Highest(float* values, int count)
    {
        Vector256<float> highest = Vector256.Create(float.NegativeInfinity);
        Vector256<int> places = Vector256<int>.Zero,
            here = Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Vector256<float> v = Vector256.Load(values + i),
                higher = Vector256.GreaterThan(v, highest);
            highest = Vector256.ConditionalSelect(higher, v, highest);
            places = Vector256.ConditionalSelect(higher.AsInt32(), here, places);
            here += Vector256.Create(Width);
        }

        int best = count < Width ? 0 : places[0];
        for (int lane = 1; lane < Width && count >= Width; lane++)
        {
            (float a, float b) = (values[places[lane]], values[best]);
            best = a > b || (a == b && places[lane] < best) ? places[lane] : best;
        }

        for (; i < count; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfExponentials(float* values, float highest, int count)
    {
        double total = 0;
        int i = 0;
        while (i <= count - Width)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            for (int end = Math.Min(i + SumBlock, count); i <= end - Width; i += Width)
            {
                sum += Exponential.Of(Vector256.Load(values + i) - Vector256.Create(highest));
            }

            total += Vector256.Sum(sum);
        }

        for (; i < count; i++)
        {
            total += MathF.Exp(values[i] - highest);
        }

        return total;
    }
}
