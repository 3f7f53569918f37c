using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Interop;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Matmul of 1 to 8 rows (with AVX-512, to 32) with a large float32 or bfloat16 matrix, accumulated in
/// float32. Reading the matrix dominates the time, so each element is read from memory once and in order.</summary>
/// <remarks>oneDNN and MKL process blocks of columns, which breaks the memory order; with two or more rows they read
/// at half the rate. A row's result depends neither on other rows nor on the number of threads. See
/// docs/decisions/0026-few-rows.md.</remarks>
internal static unsafe partial class SmallBatchMatmul
{
    // Maximum number of rows; with more, oneDNN is as fast.
    private const int MostInRows = 8,
        MostInBlocks = 32;

    // The same in bfloat16 on processors with bfloat16 instructions, and on those that multiply tiles of it. With more
    // rows these are faster.
    private const int MostPairsInBlocks = 16,
        MostByInstruction = 2;

    private const int Width = Simd8.Width;

    // rows of the matrix that are read at the same time: the prefetcher follows this many streams
    internal const int Depth = 8;
    private const int Strip = 256; // columns of them that stay in a core's nearest cache until all rows are done
    private const int Widest = 8192; // columns of a task; what it adds up stays in a core's cache
    private const int NearestSums = 8192; // sums of blocks that stay in a core's nearest cache
    private const long Grain = 65_536; // multiplications that a second thread is worth waking for

    // Minimum number of tasks, and the exact number except for very wide matrices. It is fixed, so that sums do not
    // depend on the number of threads.
    private const int Tasks = 8;

    [ThreadStatic]
    private static float[]? packedInput,
        sums;

    /// <summary>Whether this kernel supports the operands.</summary>
    /// <param name="weight">[out, in], its columns contiguous.</param>
    public static bool Supports(Tensor input, Tensor weight) =>
        input.NumberOfElements is > 0 and var count
        && HasLayout(weight)
        && count <= Most(weight) * weight.size(1)
        && input.dtype == weight.dtype
        && input.size(-1) == weight.size(1)
        && RowKernels.Supports(input);

    /// <summary>Maximum number of rows for which a row's result does not depend on the other rows.</summary>
    /// <param name="weight">[out, in]</param>
    public static int IndependentRows(Tensor weight) => HasLayout(weight) ? Most(weight) : 1;

    private static bool HasLayout(Tensor weight)
    {
        (long outs, long ins) = (weight.size(0), weight.size(1));
        return Fma.IsSupported
            && ins % Depth == 0
            && outs >= 2 * Width
            && ins >= Tasks * Depth
            && weight.stride(0) == 1
            && weight.stride(1) == outs
            && RowKernels.Supports(weight);
    }

    /// <summary>Maximum number of rows for a weight, [out, in].</summary>
    public static int Most(Tensor weight) =>
        (
            weight.dtype == ScalarType.Float32 || UpcastMatmul.Supports(weight),
            SmallBatchBlocks.Supports(weight.size(0))
        ) switch
        {
            (true, true) => MostInBlocks,
            (true, false) => MostInRows,
            (false, true) when !Hardware.MultipliesTiles => MostPairsInBlocks,
            _ => MostByInstruction,
        };

    /// <summary>input · weightᵀ + bias, for what <see cref="Supports"/> accepts; 16-bit results are rounded once, at
    /// the end.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in]</param>
    /// <param name="bias">[out], in the same type; null for none.</param>
    /// <param name="blocks">Use <see cref="SmallBatchBlocks"/> where it is supported. The result is the same.</param>
    public static Tensor Multiply(Tensor input, Tensor weight, Tensor? bias, bool blocks = true)
    {
        (int outs, int ins) = ((int)weight.size(0), (int)weight.size(1));
        using Tensor wide = input.to_type(ScalarType.Float32),
            rows = wide.contiguous(),
            laid = weight.t();
        using Tensor? added = bias?.to_type(ScalarType.Float32);
        Tensor output = empty(input.WithLast(outs), ScalarType.Float32, CPU);
        new Job(
            NativeTensor.Floats(rows),
            NativeTensor.DataPointer(laid),
            weight.dtype != ScalarType.Float32,
            added is null ? null : NativeTensor.Floats(added),
            NativeTensor.Floats(output),
            (int)(input.NumberOfElements / ins),
            ins,
            outs,
            blocks && SmallBatchBlocks.Supports(outs)
        ).Run();
        if (weight.dtype == ScalarType.Float32)
        {
            return output;
        }

        using (output)
        {
            return output.to_type(weight.dtype);
        }
    }
}
