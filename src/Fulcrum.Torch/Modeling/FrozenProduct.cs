using Fulcrum.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Modeling;

/// <summary>Products with weights that are not trained: the gradient goes to the input and to nothing else, and nothing
/// is kept for it.</summary>
internal static class FrozenProduct
{
    /// <summary>input · weightᵀ + bias.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="weight">[out, in]; see <see cref="LaidOut"/>.</param>
    public static Tensor Of(Tensor input, Tensor weight, Tensor? bias)
    {
        if (
            input.dtype != weight.dtype
            || weight.requires_grad
            || !(ByOneDnn(weight) || Widened.Serves(weight) || FewRows.Serve(input, weight))
        )
        {
            return nn.functional.linear(input, weight.to_type(input.dtype), bias!);
        }

        return is_grad_enabled() && input.requires_grad
            ? Differentiable.apply(input, new Frozen(weight, bias))
            : Product(input, weight, bias);
    }

    private static bool ByOneDnn(Tensor weight) =>
        Kernels.MultipliesByOneDnn && weight.dtype == ScalarType.Float32 && weight.device_type == DeviceType.CPU;

    /// <summary>The same without gradients: by the fastest way that the processor has.</summary>
    public static Tensor Product(Tensor input, Tensor weight, Tensor? bias = null) =>
        FewRows.Serve(input, weight) ? FewRows.Product(input, weight, bias)
        : ByOneDnn(weight) ? Kernels.Linear(input, weight, bias)
        : Widened.Linear(input, weight, bias);

    /// <summary>The same matrix with its columns contiguous: the layout that needs no repacking before a product with
    /// few rows.</summary>
    /// <param name="weight">[out, in]</param>
    public static Tensor LaidOut(Tensor weight)
    {
        using Tensor turned = weight.t(),
            laid = turned.contiguous();
        return laid.t();
    }

    // Not a tensor to TorchSharp, so that it counts as no input.
    private sealed record Frozen(Tensor Weight, Tensor? Bias);

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(FrozenProduct);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            Frozen frozen = (Frozen)inputs[1];
            context.save_data("frozen", frozen);
            return Product((Tensor)inputs[0], frozen.Weight, frozen.Bias);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using Tensor weight = ((Frozen)context.get_data("frozen")).Weight.t(),
                rows = gradient.contiguous();
            gradient.Dispose();
            return HandedOver.Of([Product(rows, weight, null), null!]);
        }
    }
}
