using static TorchSharp.torch;

namespace Fulcrum.Torch.Modeling;

/// <summary>The product with a packed weight as one step of the graph: it keeps the packed weight, not its expansion,
/// and passes a gradient to the input alone.</summary>
/// <remarks>An exception in <see cref="backward"/> would end the process, so nothing is checked there; TorchSharp keeps
/// one instance for all calls.</remarks>
internal sealed class PackedProduct : autograd.SingleTensorFunction<PackedProduct>
{
    /// <inheritdoc/>
    public override string Name => nameof(PackedProduct);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data("weight", vars[1]);
        return ((IPackedWeight)vars[1]).Forward((Tensor)vars[0]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Tensor gradient = ((IPackedWeight)ctx.get_data("weight")).Backward(grad_output);
        grad_output.Dispose();
        return HandedOver.Of([gradient, null!]);
    }
}
