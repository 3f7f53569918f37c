using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Matmul with weights that are not trained. The backward pass returns the gradient of the input only and
/// saves no activation.</summary>
internal static class FrozenMatmul
{
    /// <summary>input · weightᵀ + bias.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in]; see <see cref="ColumnMajor"/>.</param>
    public static Tensor Forward(Tensor input, Tensor weight, Tensor? bias)
    {
        if (
            input.dtype != weight.dtype
            || weight.requires_grad
            || !(ByOneDnn(weight) || UpcastMatmul.Supports(weight) || SmallBatchMatmul.Supports(input, weight))
        )
        {
            return nn.functional.linear(input, weight.to_type(input.dtype), bias!);
        }

        return is_grad_enabled() && input.requires_grad
            ? Differentiable.apply(input, new Frozen(weight, bias))
            : Multiply(input, weight, bias);
    }

    private static bool ByOneDnn(Tensor weight) =>
        LibtorchOperations.MultipliesByOneDnn
        && weight.dtype == ScalarType.Float32
        && weight.device_type == DeviceType.CPU
        && IsWhole(weight);

    // For some rows of a larger matrix oneDNN has only its reference loop, which is about a hundred times slower.
    private static bool IsWhole(Tensor weight) =>
        weight.stride() is [var rows, var columns]
        && ((columns == 1 && rows == weight.size(1)) || (rows == 1 && columns == weight.size(0)));

    /// <summary>The same without gradients, by the fastest kernel for the operands.</summary>
    public static Tensor Multiply(Tensor input, Tensor weight, Tensor? bias = null) =>
        SmallBatchMatmul.Supports(input, weight) ? SmallBatchMatmul.Multiply(input, weight, bias)
        : ByOneDnn(weight) ? LibtorchOperations.Linear(input, weight, bias)
        : weight.dtype == ScalarType.Float32 ? nn.functional.linear(input, weight, bias!)
        : UpcastMatmul.Linear(input, weight, bias);

    /// <summary>Copies a matrix so that its columns are contiguous. This layout needs no repacking for a small-batch
    /// matmul.</summary>
    /// <param name="weight">[out, in]</param>
    public static Tensor ColumnMajor(Tensor weight)
    {
        using Tensor turned = weight.t(),
            laid = turned.contiguous();
        return laid.t();
    }

    // Not a tensor to TorchSharp, so that it counts as no input.
    private sealed record Frozen(Tensor Weight, Tensor? Bias);

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(FrozenMatmul);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            Frozen frozen = (Frozen)inputs[1];
            context.save_data("frozen", frozen);
            return Multiply((Tensor)inputs[0], frozen.Weight, frozen.Bias);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using Tensor weight = ((Frozen)context.get_data("frozen")).Weight.t(),
                rows = gradient.contiguous();
            gradient.Dispose();
            return ReturnedGradients.Of([Multiply(rows, weight, null), null!]);
        }
    }
}
