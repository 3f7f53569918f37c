using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>A low-rank update of one projection (LoRA, arXiv:2106.09685; with a magnitude, DoRA,
/// arXiv:2402.09353).</summary>
/// <remarks>The output is base + lambda * (adapted - base): lambda 1 is the adapter as trained, lambda 0 the
/// base.</remarks>
internal sealed class Adapter : IDisposable
{
    private Tensor? norms,
        transposedB;

    /// <param name="a">[rank, in], float32.</param>
    /// <param name="b">[out, rank], float32.</param>
    /// <param name="scaling">alpha / rank, or alpha / sqrt(rank).</param>
    /// <param name="magnitude">[out]; null without DoRA.</param>
    public Adapter(Tensor a, Tensor b, double scaling, double lambda = 1, double dropout = 0, Tensor? magnitude = null)
    {
        (A, B, Scaling, Lambda, Dropout, Magnitude) = (
            a.DetachFromDisposeScope(),
            b.DetachFromDisposeScope(),
            scaling,
            lambda,
            dropout,
            magnitude?.DetachFromDisposeScope()
        );
    }

    /// <summary>[rank, in]</summary>
    public Tensor A { get; }

    /// <summary>[out, rank]</summary>
    public Tensor B { get; }

    /// <summary>[out]; null without DoRA.</summary>
    public Tensor? Magnitude { get; }

    /// <summary>alpha / rank, or alpha / sqrt(rank).</summary>
    public double Scaling { get; }

    /// <summary>1 as trained, 0 the base.</summary>
    public double Lambda { get; set; }

    /// <summary>Probability that a component of the input is dropped; used while <see cref="Training"/>.</summary>
    public double Dropout { get; }

    /// <summary>Apply the dropout.</summary>
    public bool Training { get; set; }

    /// <summary>The trained parameters, by name after the projection's name.</summary>
    public IEnumerable<(string Name, Tensor Value)> Parameters =>
        Magnitude is null
            ? [("lora_A", A), ("lora_B", B)]
            : [("lora_A", A), ("lora_B", B), ("lora_magnitude_vector", Magnitude)];

    /// <summary>Maximum number of rows for which a row's update does not depend on the other rows; at least
    /// 1.</summary>
    public int IndependentRows =>
        Magnitude is null && !Training && LowRankUpdate.Supports(A) ? LowRankUpdate.MostRows : 1;

    /// <summary>Whether <see cref="AddInPlace"/> supports these rows.</summary>
    /// <param name="input">[rows, in]</param>
    public bool AddsInPlace(Tensor input) => IndependentRows > 1 && LowRankUpdate.SupportsRows(input);

    /// <summary>Adds the adapter's part to the base's output, in place.</summary>
    /// <param name="output">[rows, columns], contiguous, in the input's type.</param>
    /// <param name="first">The first of the columns that are this base's output.</param>
    /// <param name="input">[rows, in]</param>
    public void AddInPlace(Tensor output, long first, Tensor input) =>
        LowRankUpdate.AddTo(output, first, input, A, TransposedB(), (float)(Scaling * Lambda));

    /// <summary>Adds the adapter's part to the base's output. In float32 and without a magnitude it is one operation
    /// that reads and writes the output once.</summary>
    /// <param name="output">The base's output, [..., out]; it may be changed in place.</param>
    /// <param name="input">As for <see cref="Delta"/>, and the other parameters too.</param>
    public Tensor AddTo(Tensor output, Tensor input, Func<Tensor> plain, Func<Tensor> weight)
    {
        if (AddsInPlace(input) && output.is_contiguous())
        {
            AddInPlace(output, 0, input);
            return output;
        }

        if (Magnitude is not null || output.dtype != B.dtype)
        {
            return output.Plus(Delta(input, plain, weight)).to_type(output.dtype);
        }

        Tensor low = nn.functional.linear(Dropped(input.to_type(A.dtype)), A);
        return output
            .reshape(-1, B.size(0))
            .addmm(low.reshape(-1, B.size(1)), B.t(), 1, (float)(Scaling * Lambda))
            .view(output.shape);
    }

    /// <summary>Computes the adapter's part of the output.</summary>
    /// <param name="input">[..., in]</param>
    /// <param name="plain">The base's output without bias, [..., out]; read by DoRA only.</param>
    /// <param name="weight">The base's weight, [out, in]; read by DoRA only.</param>
    public Tensor Delta(Tensor input, Func<Tensor> plain, Func<Tensor> weight)
    {
        bool drops = Training && Dropout > 0;
        Tensor x = Dropped(input.to_type(A.dtype));
        Tensor low = nn.functional.linear(nn.functional.linear(x, A), B).Times(Scaling * Lambda);
        if (Magnitude is null)
        {
            return low;
        }

        // With dropout, PEFT computes the base's part from the dropped input too.
        Tensor factor = Magnitude / RowNorms(weight),
            basis = drops ? nn.functional.linear(x, weight().to_type(A.dtype)) : plain().to_type(A.dtype);
        return (low * factor).Plus(basis * factor.Plus(-1).Times(Lambda));
    }

    private Tensor Dropped(Tensor x) => Training && Dropout > 0 ? nn.functional.dropout(x, Dropout, training: true) : x;

    /// <summary>Returns the weight with the adapter merged, in float32.</summary>
    /// <param name="weight">[out, in]</param>
    public Tensor Merged(Tensor weight)
    {
        Tensor full = weight.to_type(ScalarType.Float32),
            adapted = full.Plus(B.matmul(A).Times(Scaling));
        adapted = Magnitude is null ? adapted : adapted * (Magnitude / RowNorms(() => weight)).unsqueeze(1);
        return full.Plus((adapted - full).Times(Lambda));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Magnitude?.Dispose();
        norms?.Dispose();
        transposedB?.Dispose();
    }

    // Kept, because nothing is trained here.
    private Tensor TransposedB()
    {
        using DisposeScope scope = NewDisposeScope();
        return transposedB ??= B.t().contiguous().DetachFromDisposeScope();
    }

    // |W + scaling B A| of every row: a constant to the gradient (arXiv:2402.09353, section 4.3), kept for as long as
    // nothing is trained.
    private Tensor RowNorms(Func<Tensor> weight)
    {
        if (norms is not null)
        {
            return norms;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor adapted = weight().to_type(ScalarType.Float32).Plus(B.matmul(A).Times(Scaling)),
            now = adapted.Squared().sum(1).sqrt();
        if (A.requires_grad)
        {
            return now.MoveToOuterDisposeScope();
        }

        norms = now.DetachFromDisposeScope();
        return norms;
    }
}
