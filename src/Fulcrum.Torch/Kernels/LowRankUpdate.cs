using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Fulcrum.Torch.Interop;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>output += factor · (input · Aᵀ) · Bᵀ of the few rows of a decoding step, in place (LoRA,
/// arXiv:2106.09685).</summary>
/// <remarks>A row's result depends neither on the other rows nor on the number of threads. Sums are of float32, rounded
/// once.</remarks>
internal static unsafe class LowRankUpdate
{
    /// <summary>Maximum number of rows. With more rows libtorch's matmuls are faster.</summary>
    public const int MostRows = 32;

    private const int Width = Simd8.Width,
        Columns = 4 * Width;
    private const int HighestRank = 1024;
    private const long Grain = 65_536; // multiplications that a second thread is worth waking for

    /// <summary>Whether the adapter's matrices are supported.</summary>
    /// <param name="a">[rank, in]</param>
    public static bool Supports(Tensor a) =>
        RowKernels.Supports(a)
        && a.dtype == ScalarType.Float32
        && !a.requires_grad
        && a.is_contiguous()
        && a.size(0) is > 0 and <= HighestRank;

    /// <summary>Whether these rows are supported, outside of a graph.</summary>
    /// <param name="input">[rows, in]</param>
    public static bool SupportsRows(Tensor input) =>
        !is_grad_enabled() && input.dim() == 2 && input.size(0) is > 0 and <= MostRows && RowKernels.Supports(input);

    /// <summary>Updates the output.</summary>
    /// <param name="output">Contiguous; of its columns those from <paramref name="first"/> on are updated.</param>
    /// <param name="input">[rows, in], in the output's type.</param>
    /// <param name="a">[rank, in], contiguous.</param>
    /// <param name="transposedB">Bᵀ, [rank, out], contiguous.</param>
    public static void AddTo(Tensor output, long first, Tensor input, Tensor a, Tensor transposedB, float factor)
    {
        if (output.dtype == ScalarType.Float32)
        {
            AddTo<float>(output, first, input, a, transposedB, factor);
        }
        else
        {
            AddTo<Bf16>(output, first, input, a, transposedB, factor);
        }
    }

    private static void AddTo<T>(Tensor output, long first, Tensor input, Tensor a, Tensor transposedB, float factor)
        where T : unmanaged
    {
        using Tensor rows = input.contiguous();
        (int count, int outs, int ins, int rank) = (
            (int)output.size(0),
            (int)transposedB.size(1),
            (int)a.size(1),
            (int)a.size(0)
        );
        long apart = output.size(1);
        T* from = NativeTensor.At<T>(rows),
            to = NativeTensor.At<T>(output) + first;
        float* down = NativeTensor.Floats(a),
            up = NativeTensor.Floats(transposedB);
        long work = (long)count * rank * (ins + outs);
        Threads.For(
            count,
            r =>
            {
                float* low = stackalloc float[rank];
                for (int k = 0; k < rank; k++)
                {
                    low[k] = factor * Dot(from + r * ins, down + (long)k * ins, ins);
                }

                Add(low, up, rank, outs, to + r * apart);
            },
            most: 1 + work / Grain
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot<T>(T* x, float* y, int count)
        where T : unmanaged
    {
        (Vector256<float> even, Vector256<float> odd, float rest) = (Vector256<float>.Zero, Vector256<float>.Zero, 0);
        int i = 0;
        for (; i <= count - 2 * Width; i += 2 * Width)
        {
            even = Vector256.FusedMultiplyAdd(Simd8.Load(x + i), Vector256.Load(y + i), even);
            odd = Vector256.FusedMultiplyAdd(Simd8.Load(x + i + Width), Vector256.Load(y + i + Width), odd);
        }

        for (; i < count; i++)
        {
            rest = MathF.FusedMultiplyAdd(Simd8.LoadOne(x + i), y[i], rest);
        }

        return Vector256.Sum(even + odd) + rest;
    }

    // Four vectors of columns at a time, so that their sums do not wait for each other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<T>(float* low, float* up, int rank, int outs, T* to)
        where T : unmanaged
    {
        int j = 0;
        for (; j <= outs - Columns; j += Columns)
        {
            (Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d) = (
                Vector256<float>.Zero,
                Vector256<float>.Zero,
                Vector256<float>.Zero,
                Vector256<float>.Zero
            );
            float* row = up + j;
            for (int k = 0; k < rank; k++, row += outs)
            {
                Vector256<float> x = Vector256.Create(low[k]);
                a = Vector256.FusedMultiplyAdd(x, Vector256.Load(row), a);
                b = Vector256.FusedMultiplyAdd(x, Vector256.Load(row + Width), b);
                c = Vector256.FusedMultiplyAdd(x, Vector256.Load(row + 2 * Width), c);
                d = Vector256.FusedMultiplyAdd(x, Vector256.Load(row + 3 * Width), d);
            }

            Simd8.Store(Simd8.Load(to + j) + a, to + j);
            Simd8.Store(Simd8.Load(to + j + Width) + b, to + j + Width);
            Simd8.Store(Simd8.Load(to + j + 2 * Width) + c, to + j + 2 * Width);
            Simd8.Store(Simd8.Load(to + j + 3 * Width) + d, to + j + 3 * Width);
        }

        for (; j < outs; j++)
        {
            float sum = 0;
            for (int k = 0; k < rank; k++)
            {
                sum = MathF.FusedMultiplyAdd(low[k], up[(long)k * outs + j], sum);
            }

            Simd8.StoreOne(Simd8.LoadOne(to + j) + sum, to + j);
        }
    }
}
