using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Matmul with a quantised weight as one node of the autograd graph. It saves the quantised weight instead
/// of its dequantised form, and returns the gradient of the input only.</summary>
/// <remarks>An exception in <see cref="backward"/> would end the process, so nothing is checked there. TorchSharp
/// uses one instance for all calls.</remarks>
internal sealed class QuantizedMatmul : autograd.SingleTensorFunction<QuantizedMatmul>
{
    /// <inheritdoc/>
    public override string Name => nameof(QuantizedMatmul);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data("weight", vars[1]);
        return ((IQuantizedWeight)vars[1]).Forward((Tensor)vars[0]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Tensor gradient = ((IQuantizedWeight)ctx.get_data("weight")).Backward(grad_output);
        grad_output.Dispose();
        return ReturnedGradients.Of([gradient, null!]);
    }
}
