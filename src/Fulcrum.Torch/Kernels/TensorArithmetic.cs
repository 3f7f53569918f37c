using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Tensor arithmetic with scalars that stay alive while the native operation reads them.</summary>
/// <remarks>TorchSharp wraps every number in an object with a finaliser, and also the factor 1 of a tensor sum. It
/// drops the object before the native operation has read it. If another thread triggers a garbage collection
/// meanwhile, the number is freed during the operation, which then fails or uses random memory. Operations on large
/// tensors take long, so all code for activations, logits and weights uses these methods. Methods that change their
/// first argument end in an underscore, as in torch. See docs/decisions/0022-numbers-stay-alive.md.</remarks>
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
