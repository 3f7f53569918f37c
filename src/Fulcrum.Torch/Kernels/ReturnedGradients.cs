using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Keeps the returned gradients of a custom backward function alive until the next custom backward function
/// on the thread returns.</summary>
/// <remarks>By then autograd holds its own references, so ours are disposed. If the dispose scope of the training
/// step owned them instead, the gradients of all layers would stay in memory until the end of the step.</remarks>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static List<Tensor>? last;

    /// <summary>Returns the gradients and releases those of the previous call.</summary>
    public static List<Tensor> Of(List<Tensor> gradients)
    {
        last?.ForEach(g => g?.Dispose());
        gradients.ForEach(g => g?.DetachFromDisposeScope());
        return last = gradients;
    }
}
