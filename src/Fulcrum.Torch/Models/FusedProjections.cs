using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Projections of one input whose weights form one matrix, so that they take one matmul.</summary>
/// <remarks>The parts' weights are views of the matrix: merging an adapter into a part changes it here too.</remarks>
internal sealed class FusedProjections : IDisposable
{
    private readonly Tensor? weight;
    private readonly Tensor? bias;
    private readonly Int8Weight? coded;
    private readonly long[] sizes;

    /// <param name="weight">[sum of out, in]: the weights of the parts, one after the other.</param>
    /// <param name="bias">[sum of out]; null for none.</param>
    /// <param name="parts">Names of the parts, with each one's number of outputs.</param>
    public FusedProjections(Tensor weight, Tensor? bias, IReadOnlyList<(string Name, long Out)> parts)
    {
        (this.weight, this.bias) = (weight.DetachFromDisposeScope(), bias?.DetachFromDisposeScope());
        sizes = [.. parts.Select(p => p.Out)];
        Parts =
        [
            .. parts.Select(
                (p, i) =>
                    new Projection(
                        p.Name,
                        weight.narrow(0, sizes[..i].Sum(), sizes[i]),
                        bias?.narrow(0, sizes[..i].Sum(), sizes[i])
                    )
            ),
        ];
    }

    /// <param name="coded">[sum of out, in]: the weights of the parts in 8 bits.</param>
    /// <param name="bias">[sum of out]; null for none.</param>
    /// <param name="parts">Names of the parts, with each one's number of outputs.</param>
    public FusedProjections(Int8Weight coded, Tensor? bias, IReadOnlyList<(string Name, long Out)> parts)
    {
        (this.coded, this.bias) = (coded, bias?.DetachFromDisposeScope());
        sizes = [.. parts.Select(p => p.Out)];
        Parts =
        [
            .. parts.Select(
                (p, i) =>
                    new Projection(
                        p.Name,
                        coded.Part(sizes[..i].Sum(), sizes[i]),
                        bias?.narrow(0, sizes[..i].Sum(), sizes[i])
                    )
            ),
        ];
    }

    /// <param name="parts">Projections with quantised weights, which cannot be fused.</param>
    public FusedProjections(IReadOnlyList<Projection> parts) => (Parts, sizes) = (parts, [.. parts.Select(p => p.Out)]);

    /// <summary>The projections, in order.</summary>
    public IReadOnlyList<Projection> Parts { get; }

    /// <summary>As <see cref="LanguageModel.IndependentRows"/>. Without a common weight it is 1: libtorch then computes
    /// the gated unit, whose last values are computed in another way than the others.</summary>
    public int IndependentRows =>
        weight is not null && Parts.All(p => p.Fusible)
            ? Math.Min(
                SmallBatchMatmul.IndependentRows(weight),
                Parts.Min(p => p.Adapter?.IndependentRows ?? int.MaxValue)
            )
        : coded is not null ? Parts.Min(p => p.IndependentRows)
        : 1;

    /// <summary>[..., in] to one [..., out] for each part.</summary>
    public Tensor[] Forward(Tensor input)
    {
        if (Whole(input) is { } whole)
        {
            return whole.split(sizes, -1);
        }

        // A magnitude (DoRA) scales the product without its bias.
        bool without = bias is not null && Parts.Any(p => p.Adapter?.Magnitude is not null);
        if (Product(input, without ? null : bias) is not { } product)
        {
            return [.. Parts.Select(p => p.Forward(input))];
        }

        Tensor[] products = product.split(sizes, -1);
        return
        [
            .. Parts.Select(
                (p, i) => p.WithAdapter(input, without ? products[i].Plus(p.Bias!) : products[i], () => products[i])
            ),
        ];
    }

    /// <summary>The output of all parts concatenated, [..., sum of out]; null if the parts are not fused or have
    /// adapters that cannot be added in place.</summary>
    public Tensor? Whole(Tensor input)
    {
        if (Parts.Any(p => p.Adapter?.AddsInPlace(input) == false) || Product(input, bias) is not { } product)
        {
            return null;
        }

        for (int i = 0; i < Parts.Count; i++)
        {
            Parts[i].Adapter?.AddInPlace(product, sizes[..i].Sum(), input);
        }

        return product;
    }

    // Null if a part reads its own product, or was merged out of the 8-bit weight.
    private Tensor? Product(Tensor input, Tensor? added)
    {
        if (coded is not null && Parts.All(p => p.Quantized is not null && p.Adapter?.Magnitude is null))
        {
            Tensor product = coded.Multiply(input);
            return added is null ? product : product.Plus(added);
        }

        return weight is not null && Parts.All(p => p.Fusible) ? FrozenMatmul.Forward(input, weight, added) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Projection part in Parts)
        {
            part.Dispose();
        }

        weight?.Dispose();
        coded?.Dispose();
        bias?.Dispose();
    }
}
