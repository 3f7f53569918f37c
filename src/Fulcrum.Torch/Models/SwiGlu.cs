using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>silu(gate) · up (arXiv:2002.05202, section 2), differentiable. It saves only its input for the backward
/// pass.</summary>
internal static class SwiGlu
{
    /// <param name="joined">[..., 2 · size]: gate, then up.</param>
    /// <param name="plain">Use libtorch's operations: the reference implementation, which is also used for other
    /// types and devices.</param>
    /// <returns>[..., size]</returns>
    /// <exception cref="ArgumentException">The last dimension is odd.</exception>
    public static Tensor Forward(Tensor joined, bool plain = false)
    {
        if (joined.size(-1) % 2 != 0)
        {
            throw new ArgumentException($"gate and up are equally wide, and {joined.shape[^1]} is odd", nameof(joined));
        }

        if (plain || !RowKernels.Supports(joined))
        {
            Tensor[] parts = joined.chunk(2, -1);
            return Forward(parts[0], parts[1]);
        }

        return is_grad_enabled() && joined.requires_grad ? Differentiable.apply(joined) : RowKernels.SwiGlu(joined);
    }

    /// <summary>The same by libtorch's operations.</summary>
    public static Tensor Forward(Tensor gate, Tensor up) => nn.functional.silu(gate) * up;

    private sealed class Differentiable : autograd.SingleTensorFunction<Differentiable>
    {
        public override string Name => nameof(SwiGlu);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            context.save_for_backward([(Tensor)inputs[0]]);
            return RowKernels.SwiGlu((Tensor)inputs[0]);
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            List<Tensor> saved = context.get_saved_variables();
            Tensor result = RowKernels.SwiGluBackward(saved[0], gradient);
            saved[0].Dispose();
            gradient.Dispose();
            return ReturnedGradients.Of([result]);
        }
    }
}
