using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Arithmetic with numbers that stay alive for as long as the native operation reads them.</summary>
/// <remarks>
/// TorchSharp turns a number (and the 1 behind every sum of two tensors) into an object with a finaliser and lets go of
/// it before the native operation has read it. A garbage
/// collection that another thread sets off meanwhile frees the number under the operation: it fails, or computes with
/// whatever lies there. Operations
/// on large tensors take long, so everything that touches activations, logits or weights uses these. See
/// docs/decisions/0022-numbers-stay-alive.md.
/// </remarks>
internal static class TensorArithmetic
{
    private static readonly Scalar One = 1,
        Two = 2;

    /// <summary>a + b.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    /// <summary>a + b, element by element.</summary>
    public static Tensor Plus(this Tensor a, double b)
    {
        using Scalar number = b;
        return a.add(number, One);
    }

    /// <summary>a · b, element by element.</summary>
    public static Tensor Times(this Tensor a, double b)
    {
        using Scalar number = b;
        return a.mul(number);
    }

    /// <summary>a², element by element.</summary>
    public static Tensor Squared(this Tensor a) => a.pow(Two);

    /// <summary>a becomes a + b.</summary>
    public static Tensor Add_(this Tensor a, Tensor b) => a.add_(b, One);

    /// <summary>a becomes a · b.</summary>
    public static Tensor Multiply_(this Tensor a, double b)
    {
        using Scalar number = b;
        return a.mul_(number);
    }

    /// <summary>a becomes a / b.</summary>
    public static Tensor Divide_(this Tensor a, double b)
    {
        using Scalar number = b;
        return a.div_(number);
    }
}
