using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Root-mean-square normalisation (arXiv:1910.07467), in float32 for every compute type.</summary>
internal sealed class RmsNorm(Tensor weight, double epsilon) : IDisposable
{
    private readonly Tensor weight = weight.DetachFromDisposeScope();
    private readonly double epsilon = epsilon;

    /// <summary>Normalises the last dimension.</summary>
    /// <param name="plain">Use libtorch's operations: the reference implementation, which is also used for other
    /// types, devices and trained weights.</param>
    public Tensor Forward(Tensor input, bool plain = false)
    {
        if (
            plain
            || weight.requires_grad
            || input.size(-1) != weight.NumberOfElements
            || input.dtype != weight.dtype
            || !RowKernels.Supports(input)
            || !RowKernels.Supports(weight)
        )
        {
            Tensor x = input.to_type(ScalarType.Float32);
            return (x * x.Squared().mean([-1], keepdim: true).Plus(epsilon).rsqrt()).to_type(input.dtype) * weight;
        }

        return is_grad_enabled() && input.requires_grad
            ? Differentiable.apply(input, this)
            : RowKernels.RmsNorm(input, weight, epsilon);
    }

    /// <summary>The weight, as in a checkpoint.</summary>
    public Tensor Weight => weight;

    /// <inheritdoc/>
    public void Dispose() => weight.Dispose();

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(RmsNorm);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            context.save_data("norm", inputs[1]);
            context.save_for_backward([(Tensor)inputs[0]]);
            RmsNorm norm = (RmsNorm)inputs[1];
            return RowKernels.RmsNorm((Tensor)inputs[0], norm.weight, norm.epsilon);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            RmsNorm norm = (RmsNorm)context.get_data("norm");
            Tensor result = RowKernels.RmsNormBackward(saved[0], norm.weight, gradient, norm.epsilon);
            saved[0].Dispose();
            gradient.Dispose();
            return ReturnedGradients.Of([result, null!]);
        }
    }
}
