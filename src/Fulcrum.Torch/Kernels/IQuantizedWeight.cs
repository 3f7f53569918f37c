using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>A weight that is not a dense matrix in the compute type.</summary>
internal interface IQuantizedWeight : IDisposable
{
    /// <summary>[out, in]</summary>
    long[] Shape { get; }

    /// <summary>Maximum number of rows for which a row's product does not depend on the other rows, and several rows
    /// take little longer than one; at least 1.</summary>
    int IndependentRows { get; }

    /// <summary>[..., in] to [..., out], differentiable in the input.</summary>
    Tensor Multiply(Tensor input);

    /// <summary>The same without a graph.</summary>
    Tensor Forward(Tensor input);

    /// <summary>[..., out] to [..., in]: the gradient of the input from that of the output. Must not throw.</summary>
    Tensor Backward(Tensor gradient);

    /// <summary>The dequantised matrix, [out, in], in the compute type.</summary>
    Tensor Dense();
}
