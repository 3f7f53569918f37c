using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>A weight matrix in NF4 (arXiv:2305.14314): codes of 4 bits and a scale for each 64 weights, itself in 8
/// bits under double quantisation.</summary>
/// <remarks>
/// Products read it through a scratch buffer that all weights share, so that a model is never in memory a second time.
/// On a CPU the codes are expanded by <see cref="Nf4"/>, elsewhere by tensor operations that give the same numbers.
///</remarks>
internal sealed class Nf4Weight : IQuantizedWeight
{
    /// <summary>Scales that share a largest magnitude under double quantisation.</summary>
    public const int NestedBlock = 256;

    /// <summary>Weights that are expanded at once for a product of many rows; for one of few it is fewer, so that the
    /// buffer stays in a core's cache.</summary>
    public const long ScratchWeights = 1 << 24;

    private const long Few = 1 << 18;

    [ThreadStatic]
    private static ScratchBuffer? scratch;

    private readonly ScalarType compute;
    private readonly Tensor packed;
    private readonly Tensor? scale,
        nestedCodes,
        nestedScale;
    private readonly float offset;

    private Nf4Weight(
        long[] shape,
        ScalarType compute,
        Tensor packed,
        Tensor? scale,
        Tensor? nestedCodes,
        Tensor? nestedScale,
        float offset
    ) =>
        (Shape, this.compute, this.packed, this.scale, this.nestedCodes, this.nestedScale, this.offset) = (
            shape,
            compute,
            packed.DetachFromDisposeScope(),
            scale?.DetachFromDisposeScope(),
            nestedCodes?.DetachFromDisposeScope(),
            nestedScale?.DetachFromDisposeScope(),
            offset
        );

    /// <inheritdoc/>
    public long[] Shape { get; }

    /// <summary>[(out * in + 1) / 2], uint8.</summary>
    public Tensor Quantized => packed;

    /// <summary>With double quantisation the codes of the scales less their mean, uint8.</summary>
    public Tensor? NestedCodes => nestedCodes;

    /// <summary>Rows are not whole blocks of 64 weights.</summary>
    /// <remarks>
    /// bitsandbytes' CPU code then takes row r's scales from number r * (in / 64) on, rounded down, which are
    /// neighbours' scales, and so does this one (docs/decisions/0020-nf4-rows.md). Published models have whole blocks.
    ///</remarks>
    public bool ByRows => Shape[1] > Nf4.Block && Shape[1] % Nf4.Block != 0 && Shape[1] % 2 == 0;

    /// <summary>Bytes that it occupies.</summary>
    public long Bytes =>
        ((Tensor?[])[packed, scale, nestedCodes, nestedScale]).Sum(t =>
            t is null ? 0 : t.NumberOfElements * t.ElementSize
        );

    /// <inheritdoc/>
    public int IndependentRows => 1;

    /// <summary>Quantises a matrix.</summary>
    /// <param name="weight">[out, in], on the CPU, any floating type.</param>
    /// <param name="doubled">Also quantise the scales.</param>
    /// <param name="compute">The type of products and of <see cref="Dense"/>.</param>
    public static Nf4Weight Of(Tensor weight, bool doubled, ScalarType compute, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor plain = weight.to_type(ScalarType.Float32).contiguous();
        long count = plain.NumberOfElements,
            blocks = (count + Nf4.Block - 1) / Nf4.Block;
        Tensor packed = empty((count + 1) / 2, dtype: ScalarType.Byte),
            scale = empty(blocks, dtype: ScalarType.Float32);
        Nf4Quantizer.Encode(plain, packed, scale);
        if (!doubled)
        {
            return new Nf4Weight(weight.shape, compute, packed.to(device), scale.to(device), null, null, 0);
        }

        float mean = scale.mean().ToSingle();
        (Tensor codes, Tensor nested) = Nf4Quantizer.Nest(scale - mean);
        return new Nf4Weight(weight.shape, compute, packed.to(device), null, codes.to(device), nested.to(device), mean);
    }

    /// <summary>The scales of all blocks, float32.</summary>
    public Tensor Scales()
    {
        if (scale is not null)
        {
            return scale.alias();
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(DynamicMap.Signed.Values, device: packed.device)
            .Rows(nestedCodes!.to_type(ScalarType.Int32));
        return (values * nestedScale!.repeat_interleave(NestedBlock).narrow(0, 0, values.shape[0]))
            .Plus(offset)
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Multiply(Tensor input) =>
        is_grad_enabled() && input.requires_grad ? QuantizedMatmul.apply(input, this) : Forward(input);

    /// <inheritdoc/>
    public Tensor Forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = input.reshape(-1, Shape[1]);
        Tensor output = empty(rows.shape[0], Shape[0], dtype: input.dtype, device: input.device);
        foreach ((long from, long count) in Chunks(rows.shape[0]))
        {
            using Tensor part = FrozenMatmul.Multiply(rows, Expand(from, count)),
                place = output.narrow(1, from, count);
            place.copy_(part);
        }

        return output.view([.. input.shape[..^1], Shape[0]]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Backward(Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = gradient.reshape(-1, Shape[0]);
        Tensor? sum = null;
        foreach ((long from, long count) in Chunks(rows.shape[0]))
        {
            Tensor part = FrozenMatmul.Multiply(rows.narrow(1, from, count), Expand(from, count).t());
            sum = sum is null ? part : sum.Add_(part);
        }

        return sum!.view([.. gradient.shape[..^1], Shape[1]]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Dense()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor dense = empty(Shape[0], Shape[1], dtype: compute, device: packed.device);
        Expand(0, Shape[0], dense);
        return dense.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? tensor in (Tensor?[])[packed, scale, nestedCodes, nestedScale])
        {
            tensor?.Dispose();
        }
    }

    // Rows in multiples of 64, so that every part begins at a block, and at a byte.
    private IEnumerable<(long From, long Count)> Chunks(long rows)
    {
        long step = Math.Max(Nf4.Block, (rows < 32 ? Few : ScratchWeights) / Shape[1] / Nf4.Block * Nf4.Block);
        return Enumerable
            .Range(0, (int)((Shape[0] + step - 1) / step))
            .Select(i => (i * step, Math.Min(step, Shape[0] - i * step)));
    }

    // Some rows in the scratch buffer; valid until the next call.
    private Tensor Expand(long from, long count)
    {
        long size = count * Shape[1];
        Tensor rows = (scratch ??= new()).Of(size, compute, packed.device).view(count, Shape[1]);
        Expand(from, count, rows);
        return rows;
    }

    private void Expand(long from, long count, Tensor rows)
    {
        if (packed.device_type == DeviceType.CPU)
        {
            Decode(from, count, rows);
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        long start = from * Shape[1],
            size = count * Shape[1];
        Tensor bytes = packed.narrow(0, start / 2, (size + 1) / 2).to_type(ScalarType.Int32);
        Tensor codes = stack([bytes.bitwise_right_shift(4), bytes.bitwise_and(15)], 1).flatten().narrow(0, 0, size);
        Tensor scales = ByRows
            ? Scales()
                .Rows(
                    (
                        arange(from, from + count, device: packed.device).unsqueeze(1) * RowStride
                        + arange(RowStride + 1, device: packed.device)
                    ).flatten()
                )
                .view(count, -1)
                .repeat_interleave(Nf4.Block, 1)
                .narrow(1, 0, Shape[1])
            : Scales().repeat_interleave(Nf4.Block).narrow(0, start, size).view(count, -1);
        rows.copy_(tensor(Nf4.Levels.ToArray(), device: packed.device).Rows(codes).view(count, -1) * scales);
    }

    private long RowStride => Shape[1] / Nf4.Block;

    private unsafe void Decode(long from, long count, Tensor rows)
    {
        const int Group = 512;
        (long run, long stride) = ByRows ? (Shape[1], RowStride) : (Group * Nf4.Block, Group);
        long start = from * Shape[1],
            size = count * Shape[1],
            firstScale = ByRows ? from * RowStride : start / Nf4.Block;
        byte* codes = (byte*)NativeTensor.DataPointer(packed) + start / 2,
            to = (byte*)NativeTensor.DataPointer(rows);
        byte* nested = nestedCodes is null ? null : (byte*)NativeTensor.DataPointer(nestedCodes);
        float* scales = (float*)NativeTensor.DataPointer(scale ?? nestedScale!);
        (ScalarType dtype, float mean) = (compute, offset);
        Threads.For(
            (size + run - 1) / run,
            i =>
            {
                long at = i * run,
                    length = Math.Min(run, size - at);
                Span<float> largest = stackalloc float[(int)((length + Nf4.Block - 1) / Nf4.Block)];
                for (int k = 0; k < largest.Length; k++)
                {
                    long block = firstScale + i * stride + k;
                    largest[k] = nested is null
                        ? scales[block]
                        : DynamicMap.Signed.Values[nested[block]] * scales[block / NestedBlock] + mean;
                }

                if (dtype == ScalarType.Float32)
                {
                    Nf4.Decode(codes + at / 2, largest, (float*)to + at, length);
                }
                else
                {
                    Nf4.Decode(codes + at / 2, largest, (ushort*)to + at, length, dtype);
                }
            }
        );
    }
}
