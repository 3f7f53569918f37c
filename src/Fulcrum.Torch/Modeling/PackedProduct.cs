using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Modeling;

/// <summary>The product with a packed weight as one step of the graph: it keeps the packed weight, not its expansion, and passes a gradient to the input alone.</summary>
/// <remarks>An exception in <see cref="backward"/> would end the process, so nothing is checked there; TorchSharp keeps one instance for all calls.</remarks>
internal sealed class PackedProduct : autograd.SingleTensorFunction<PackedProduct>
{
    // The graph takes its own reference of a returned gradient after backward has returned; ours can go with the next call.
    [ThreadStatic]
    private static Tensor? handedOver;

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
        handedOver?.Dispose();
        Tensor gradient = ((IPackedWeight)ctx.get_data("weight")).Backward(grad_output).DetachFromDisposeScope();
        grad_output.Dispose();
        handedOver = gradient;
        return [gradient, null!];
    }
}
