using Fulcrum.Torch.Native;
using Fulcrum.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Modeling;

/// <summary>Root-mean-square normalisation (arXiv:1910.07467), in float32 whatever the compute type.</summary>
internal sealed class Norm(Tensor weight, double epsilon) : IDisposable
{
    private readonly Tensor weight = weight.DetachFromDisposeScope();

    /// <summary>Normalises the last dimension.</summary>
    /// <param name="plain">By the library's operations: the form to compare with, and the one for other types, devices and weights that are trained.</param>
    public Tensor Forward(Tensor input, bool plain = false)
    {
        if (plain || weight.requires_grad || input.shape[^1] != weight.NumberOfElements || !RowKernels.Serve(input) || !RowKernels.Serve(weight))
        {
            Tensor x = input.to_type(ScalarType.Float32);
            return (x * x.Squared().mean([-1], keepdim: true).Plus(epsilon).rsqrt()).to_type(input.dtype) * weight;
        }

        return is_grad_enabled() && input.requires_grad ? Differentiable.apply(input, this) : Rows(input);
    }

    /// <summary>The weight, for a checkpoint.</summary>
    public Tensor Weight => weight;

    /// <inheritdoc/>
    public void Dispose() => weight.Dispose();

    private unsafe Tensor Rows(Tensor input)
    {
        using Tensor rows = input.contiguous();
        Tensor output = empty(input.shape, ScalarType.Float32, CPU);
        RowKernels.Norm(NativeTensor.Floats(rows), NativeTensor.Floats(weight), NativeTensor.Floats(output), input.NumberOfElements / input.shape[^1], (int)input.shape[^1], epsilon);
        return output;
    }

    private unsafe Tensor RowsBackward(Tensor input, Tensor gradient)
    {
        using Tensor rows = input.contiguous(), from = gradient.contiguous();
        Tensor output = empty(input.shape, ScalarType.Float32, CPU);
        RowKernels.NormBackward(NativeTensor.Floats(rows), NativeTensor.Floats(weight), NativeTensor.Floats(from), NativeTensor.Floats(output), input.NumberOfElements / input.shape[^1], (int)input.shape[^1], epsilon);
        return output;
    }

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(Norm);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            context.save_data("norm", inputs[1]);
            context.save_for_backward([(Tensor)inputs[0]]);
            return ((Norm)inputs[1]).Rows((Tensor)inputs[0]);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            Tensor result = ((Norm)context.get_data("norm")).RowsBackward(saved[0], gradient);
            saved[0].Dispose();
            gradient.Dispose();
            return HandedOver.Of([result, null!]);
        }
    }
}
