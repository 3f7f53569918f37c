using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Cosines and sines of the positions of one forward pass.</summary>
/// <param name="Cos">[..., 1, headDim / 2], float32.</param>
/// <param name="Sin">As <paramref name="Cos"/>.</param>
internal sealed record Rotary(Tensor Cos, Tensor Sin)
{
    /// <param name="positions">[...], whole numbers.</param>
    /// <param name="frequencies">[headDim / 2], float32.</param>
    public static Rotary At(Tensor positions, Tensor frequencies)
    {
        Tensor angles = (positions.to_type(ScalarType.Float32).unsqueeze(-1) * frequencies).unsqueeze(-2);
        return new Rotary(angles.cos(), angles.sin());
    }

    /// <summary>Applies the rotary embedding to heads: components i and i + headDim / 2 are a pair.</summary>
    /// <param name="heads">[..., heads, headDim]</param>
    /// <param name="plain">Use libtorch's operations: the reference implementation, which is also used for other
    /// types and devices.</param>
    public Tensor Apply(Tensor heads, bool plain = false)
    {
        if (!plain && RowKernels.Supports(heads) && 2 * Cos.NumberOfElements * heads.size(-2) == heads.NumberOfElements)
        {
            return is_grad_enabled() && heads.requires_grad
                ? Differentiable.apply(heads, this)
                : RowKernels.ApplyRotary(heads, Cos, Sin, back: false);
        }

        long half = heads.shape[^1] / 2;
        Tensor x = heads.to_type(ScalarType.Float32),
            a = x.narrow(-1, 0, half),
            b = x.narrow(-1, half, half);
        return cat([a * Cos - b * Sin, (b * Cos).Plus(a * Sin)], -1).to_type(heads.dtype);
    }

    /// <summary>Moves the tables to the outer dispose scope.</summary>
    public void MoveToOuterDisposeScope()
    {
        Cos.MoveToOuterDisposeScope();
        Sin.MoveToOuterDisposeScope();
    }

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(Rotary);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            Rotary rotary = (Rotary)inputs[1];
            context.save_for_backward([rotary.Cos, rotary.Sin]);
            return RowKernels.ApplyRotary((Tensor)inputs[0], rotary.Cos, rotary.Sin, back: false);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            Tensor result = RowKernels.ApplyRotary(gradient, saved[0], saved[1], back: true);
            saved.ForEach(s => s.Dispose());
            gradient.Dispose();
            return ReturnedGradients.Of([result, null!]);
        }
    }
}
