using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Gradients that a backward function of ours returned: the engine has its own references once the next such
/// function runs, and ours are let go then.</summary>
/// <remarks>Left to the dispose scope of the step, the gradients of all layers would be in memory at once.</remarks>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static List<Tensor>? last;

    /// <summary>The gradients to return; those of the call before are released.</summary>
    public static List<Tensor> Of(List<Tensor> gradients)
    {
        last?.ForEach(g => g?.Dispose());
        gradients.ForEach(g => g?.DetachFromDisposeScope());
        return last = gradients;
    }
}
