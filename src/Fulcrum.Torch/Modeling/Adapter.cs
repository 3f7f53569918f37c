using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Modeling;

/// <summary>A low-rank update of one projection (LoRA, arXiv:2106.09685; with a magnitude, DoRA, arXiv:2402.09353).</summary>
/// <remarks>Beside the base the output is base + lambda * (adapted - base), so lambda 1 is the adapter as trained and 0 the base.</remarks>
internal sealed class Adapter : IDisposable
{
    private Tensor? stretch;

    /// <param name="a">[rank, in], float32.</param>
    /// <param name="b">[out, rank], float32.</param>
    /// <param name="scale">alpha / rank, or alpha / sqrt(rank).</param>
    /// <param name="magnitude">[out]; null without DoRA.</param>
    public Adapter(Tensor a, Tensor b, double scale, double lambda = 1, double dropout = 0, Tensor? magnitude = null)
    {
        (A, B, Scale, Lambda, Dropout, Magnitude) = (a.DetachFromDisposeScope(), b.DetachFromDisposeScope(), scale, lambda, dropout, magnitude?.DetachFromDisposeScope());
    }

    /// <summary>[rank, in]</summary>
    public Tensor A { get; }

    /// <summary>[out, rank]</summary>
    public Tensor B { get; }

    /// <summary>[out]; null without DoRA.</summary>
    public Tensor? Magnitude { get; }

    /// <summary>alpha / rank, or alpha / sqrt(rank).</summary>
    public double Scale { get; }

    /// <summary>1 as trained, 0 the base.</summary>
    public double Lambda { get; }

    /// <summary>Probability that a component of the input is dropped; used while <see cref="Training"/>.</summary>
    public double Dropout { get; }

    /// <summary>Apply the dropout.</summary>
    public bool Training { get; set; }

    /// <summary>The adapter's part of the output.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="plain">The base's output without bias, [..., out]; read by DoRA only.</param>
    public Tensor Delta(Tensor input, Func<Tensor> plain, Func<Tensor> weight)
    {
        Tensor x = input.to_type(A.dtype);
        x = Training && Dropout > 0 ? nn.functional.dropout(x, Dropout, training: true) : x;
        Tensor low = nn.functional.linear(nn.functional.linear(x, A), B) * (Scale * Lambda);
        if (Magnitude is null)
        {
            return low;
        }

        Tensor factor = Stretch(weight);
        return low * factor + plain().to_type(A.dtype) * ((factor - 1) * Lambda);
    }

    /// <summary>The weight with the adapter in it, float32.</summary>
    /// <param name="weight">[out, in]</param>
    public Tensor Merged(Tensor weight)
    {
        Tensor full = weight.to_type(ScalarType.Float32), adapted = full + B.matmul(A) * Scale;
        adapted = Magnitude is null ? adapted : adapted * Stretch(() => weight).unsqueeze(1);
        return full + (adapted - full) * Lambda;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Magnitude?.Dispose();
        stretch?.Dispose();
    }

    // How far DoRA stretches each row: magnitude / |W + scale B A|. Constant while nothing is trained.
    private Tensor Stretch(Func<Tensor> weight)
    {
        if (stretch is null)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable frozen = no_grad();
            Tensor adapted = weight().to_type(ScalarType.Float32) + B.matmul(A) * Scale;
            stretch = (Magnitude! / adapted.pow(2).sum(1).sqrt()).DetachFromDisposeScope();
        }

        return stretch;
    }
}
