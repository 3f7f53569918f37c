using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Matmul of 16-bit values on a processor on which libtorch multiplies them slower than float32: upcast to
/// float32 by blocks of the weight, rounded once at the end.</summary>
/// <remarks>libtorch reaches a hundredth of the float32 rate without instructions for 16 bits, and half of it on
/// Intel's processors with AVX512-BF16 and without AMX (docs/performance.md). The model stays in 16 bits in memory.
/// Only the processor decides, so that runs are reproducible bit for bit.</remarks>
internal static class UpcastMatmul
{
    // Weights that are upcast at once: the size of the NF4 scratch buffer for many rows, a size that fits into a
    // core's cache for few rows.
    private const long Many = Nf4Weight.ScratchWeights,
        Few = 1 << 18;

    [ThreadStatic]
    private static ScratchBuffer? scratch,
        sums;

    /// <summary>Whether tensors of this type are multiplied here.</summary>
    public static bool Supports(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU
        && X86Base.IsSupported
        && tensor.dtype switch
        {
            ScalarType.BFloat16 => !Hardware.MultipliesBfloat16,
            ScalarType.Float16 => !Avx512BW.IsSupported,
            _ => false,
        };

    /// <summary>input · weightᵀ + bias, wherever it is fastest; records gradients only where <see cref="Supports"/> is
    /// false.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in], in the input's type.</param>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias = null) =>
        Supports(weight) ? Multiply(input, weight, bias) : nn.functional.linear(input, weight, bias!);

    /// <summary>Upcasts to float32 if <see cref="Supports"/> is true, otherwise returns the tensor
    /// unchanged.</summary>
    public static Tensor Upcast(Tensor tensor) => Supports(tensor) ? tensor.to_type(ScalarType.Float32) : tensor;

    /// <summary>As <see cref="Linear"/>, always in float32 and without gradients.</summary>
    /// <remarks>Accumulated over blocks of input columns, because a weight's columns are contiguous
    /// (<see cref="FrozenMatmul.ColumnMajor"/>).</remarks>
    internal static Tensor Multiply(Tensor input, Tensor weight, Tensor? bias)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor rows = input.reshape(-1, weight.shape[1]).to_type(ScalarType.Float32);
        Tensor sum = (sums ??= new())
            .Of(rows.shape[0] * weight.shape[0], ScalarType.Float32, CPU)
            .view(rows.shape[0], weight.shape[0]);
        long step = Math.Max(1, (rows.shape[0] < 32 ? Few : Many) / weight.shape[0]);
        for (long at = 0; at < weight.shape[1]; at += step)
        {
            using DisposeScope inner = NewDisposeScope();
            long count = Math.Min(step, weight.shape[1] - at);
            Tensor block = (scratch ??= new())
                .Of(count * weight.shape[0], ScalarType.Float32, CPU)
                .view(count, weight.shape[0]);
            block.copy_(weight.narrow(1, at, count).t());
            sum.addmm_(rows.narrow(1, at, count), block, beta: at == 0 ? 0 : 1, alpha: 1);
        }

        sum = bias is null ? sum : sum.add_(bias);
        return sum.to_type(input.dtype).view(input.WithLast(weight.shape[0])).MoveToOuterDisposeScope();
    }
}
