using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>A linear module of the decoder: a weight, a bias if the family has one, and an adapter if one is
/// attached.</summary>
internal sealed class Projection : IDisposable
{
    /// <param name="name">The checkpoint's name without <c>.weight</c>.</param>
    /// <param name="weight">[out, in], in the compute type.</param>
    /// <param name="bias">[out]; null for none.</param>
    public Projection(string name, Tensor weight, Tensor? bias)
    {
        (Name, Weight, Bias, Out, In) = (
            name,
            weight.DetachFromDisposeScope(),
            bias?.DetachFromDisposeScope(),
            weight.shape[0],
            weight.shape[1]
        );
    }

    /// <param name="name">The checkpoint's name without <c>.weight</c>.</param>
    /// <param name="packed">The quantised weight.</param>
    /// <param name="bias">[out]; null for none.</param>
    public Projection(string name, IQuantizedWeight packed, Tensor? bias)
    {
        (Name, Quantized, Bias, Out, In) = (
            name,
            packed,
            bias?.DetachFromDisposeScope(),
            packed.Shape[0],
            packed.Shape[1]
        );
    }

    /// <summary>The checkpoint's name without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public string Name { get; }

    /// <summary>[out, in]; null while the weight is <see cref="Quantized"/>.</summary>
    public Tensor? Weight { get; private set; }

    /// <summary>The quantised weight; null if the weight is a dense matrix.</summary>
    public IQuantizedWeight? Quantized { get; private set; }

    /// <summary>[out]; null for none.</summary>
    public Tensor? Bias { get; }

    /// <summary>Size of the output.</summary>
    public long Out { get; }

    /// <summary>Size of the input.</summary>
    public long In { get; }

    /// <summary>Null for none.</summary>
    public Adapter? Adapter { get; private set; }

    /// <summary>The module can be computed as rows of a larger matmul.</summary>
    public bool Fusible => Quantized is null;

    /// <summary>As <see cref="LanguageModel.IndependentRows"/>.</summary>
    public int IndependentRows =>
        Math.Min(
            Quantized?.IndependentRows ?? SmallBatchMatmul.IndependentRows(Weight!),
            Adapter?.IndependentRows ?? int.MaxValue
        );

    /// <summary>[..., in] to [..., out].</summary>
    public Tensor Forward(Tensor input)
    {
        if (Quantized is null && Adapter?.Magnitude is null)
        {
            return WithAdapter(
                input,
                FrozenMatmul.Forward(input, Weight!, Bias),
                () => throw new InvalidOperationException("only a magnitude reads the product without bias")
            );
        }

        Tensor product = Quantized is null ? FrozenMatmul.Forward(input, Weight!, null) : Quantized.Multiply(input);
        return WithAdapter(input, Bias is null ? product : product.Plus(Bias), () => product);
    }

    /// <summary>Adds the adapter's update to the base's output, which may be changed in place.</summary>
    public Tensor WithAdapter(Tensor input, Tensor output, Func<Tensor> product) =>
        Adapter is null ? output : Adapter.AddTo(output, input, product, Dense);

    /// <summary>The weight as a dense matrix, [out, in].</summary>
    public Tensor Dense() => Weight ?? Quantized!.Dense();

    /// <summary>Attaches an adapter, replacing an attached one.</summary>
    public void Attach(Adapter adapter)
    {
        Adapter?.Dispose();
        Adapter = adapter;
    }

    /// <summary>Merges the adapter into the weight and disposes the adapter.</summary>
    public void Merge()
    {
        if (Adapter is null)
        {
            return;
        }

        using (DisposeScope scope = NewDisposeScope())
        using (no_grad())
        {
            if (Quantized is null)
            {
                Weight!.copy_(Adapter.Merged(Weight));
            }
            else
            {
                using Tensor dense = Quantized.Dense();
                Weight = FrozenMatmul.ColumnMajor(Adapter.Merged(dense).to_type(dense.dtype)).DetachFromDisposeScope();
                Quantized.Dispose();
                Quantized = null;
            }
        }

        Adapter.Dispose();
        Adapter = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight?.Dispose();
        Quantized?.Dispose();
        Bias?.Dispose();
        Adapter?.Dispose();
    }
}
