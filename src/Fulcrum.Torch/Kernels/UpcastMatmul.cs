using System.Runtime.Intrinsics.X86;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Products of 16-bit numbers on a processor that cannot multiply them: in float32, a block of the weight at a
/// time, rounded once at the end.</summary>
/// <remarks>
/// The library multiplies them number by number there, at a hundredth of float32's rate (docs/performance.md). The
/// model stays in 16 bits in memory, and what
/// decides is the processor alone, so that equal runs give equal bytes.
/// </remarks>
internal static class UpcastMatmul
{
    // Weights in float32 at once: for many rows as many as a four-bit weight's buffer holds, for few what stays in a
    // core's cache.
    private const long Many = Nf4Weight.ScratchWeights,
        Few = 1 << 18;

    [ThreadStatic]
    private static ScratchBuffer? scratch;

    /// <summary>Numbers of this tensor's type are multiplied here.</summary>
    public static bool Supports(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU
        && tensor.dtype is ScalarType.BFloat16 or ScalarType.Float16
        && X86Base.IsSupported
        && !Avx512BW.IsSupported;

    /// <summary>input · weightᵀ + bias, wherever it is fastest; records gradients only where <see cref="Supports"/> is
    /// false.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in], in the input's type.</param>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias = null) =>
        Supports(weight) ? Multiply(input, weight, bias) : nn.functional.linear(input, weight, bias!);

    /// <summary>In float32 where <see cref="Supports"/> is true, else as it is.</summary>
    public static Tensor Upcast(Tensor tensor) => Supports(tensor) ? tensor.to_type(ScalarType.Float32) : tensor;

    /// <summary>As <see cref="Linear"/>, always in float32 and without gradients.</summary>
    /// <remarks>Summed over blocks of the inputs: a weight's columns are what lies together in memory
    /// (<see cref="FrozenMatmul.ColumnMajor"/>).</remarks>
    internal static Tensor Multiply(Tensor input, Tensor weight, Tensor? bias)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor rows = input.reshape(-1, weight.shape[1]).to_type(ScalarType.Float32);
        Tensor sum = zeros([rows.shape[0], weight.shape[0]]);
        long step = Math.Max(1, (rows.shape[0] < 32 ? Few : Many) / weight.shape[0]);
        for (long at = 0; at < weight.shape[1]; at += step)
        {
            using DisposeScope inner = NewDisposeScope();
            long count = Math.Min(step, weight.shape[1] - at);
            Tensor block = (scratch ??= new())
                .Of(count * weight.shape[0], ScalarType.Float32, CPU)
                .view(count, weight.shape[0]);
            block.copy_(weight.narrow(1, at, count).t());
            sum.addmm_(rows.narrow(1, at, count), block, 1, 1);
        }

        sum = bias is null ? sum : sum.add_(bias);
        return sum.to_type(input.dtype).view(input.WithLast(weight.shape[0])).MoveToOuterDisposeScope();
    }
}
