using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>A weight matrix in 8 bits: for each output a scale, and codes from -127 to 127.</summary>
/// <remarks>Codes lie in blocks of 16 outputs, [outs / 16, ins / 4, 16, 4], as <see cref="Int8Rows"/> reads them, so
/// that memory is read in order. They are stored plus 128. Rows and columns that fill the last block are zeros.
/// See docs/decisions/0084-int8.md.</remarks>
internal sealed unsafe class Int8Weight : IQuantizedWeight
{
    private Int8Weight(long[] shape, Tensor packed, Tensor scales) =>
        (Shape, Packed, Scales) = (shape, packed.DetachFromDisposeScope(), scales.DetachFromDisposeScope());

    /// <inheritdoc/>
    public long[] Shape { get; }

    /// <summary>The codes, uint8.</summary>
    public Tensor Packed { get; }

    /// <summary>[outs, padded to whole blocks], float32: the largest magnitude of each row of weights / 127.</summary>
    public Tensor Scales { get; }

    /// <summary>Inputs, padded to whole groups.</summary>
    public long Inputs => Groups * Int8Rows.Group;

    /// <summary>Groups of inputs.</summary>
    public long Groups => (Shape[1] + Int8Rows.Group - 1) / Int8Rows.Group;

    /// <summary>Blocks of outputs.</summary>
    public long Blocks => (Shape[0] + Int8Rows.Block - 1) / Int8Rows.Block;

    /// <summary>Bytes that it occupies.</summary>
    public long Bytes => Packed.NumberOfElements + Scales.NumberOfElements * sizeof(float);

    /// <inheritdoc/>
    public int IndependentRows => Int8Matmul.Tile;

    /// <summary>Quantises a matrix.</summary>
    /// <param name="weight">[out, in], on the CPU, any floating type.</param>
    public static Int8Weight Of(Tensor weight)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor rows = weight.to_type(ScalarType.Float32).contiguous();
        (long outs, long ins) = (rows.size(0), rows.size(1));
        long blocks = (outs + Int8Rows.Block - 1) / Int8Rows.Block,
            inputs = (ins + Int8Rows.Group - 1) / Int8Rows.Group * Int8Rows.Group;
        Int8Weight made = new(
            [outs, ins],
            full(blocks * Int8Rows.Block * inputs, Int8Rows.Offset, ScalarType.Byte),
            zeros(blocks * Int8Rows.Block)
        );
        float* from = NativeTensor.Floats(rows),
            scales = NativeTensor.Floats(made.Scales);
        byte* codes = NativeTensor.At<byte>(made.Packed);
        Threads.For(outs, o => scales[o] = Encode(from + o * ins, ins, codes + At(o, inputs)));
        return made;
    }

    /// <inheritdoc/>
    public Tensor Multiply(Tensor input) =>
        is_grad_enabled() && input.requires_grad ? QuantizedMatmul.apply(input, this) : Forward(input);

    /// <inheritdoc/>
    public Tensor Forward(Tensor input) => Int8Matmul.Multiply(input, this);

    /// <inheritdoc/>
    public Tensor Backward(Tensor gradient)
    {
        using Tensor dense = Dense();
        return gradient.matmul(dense);
    }

    /// <inheritdoc/>
    public Tensor Dense()
    {
        (long outs, long ins, long inputs) = (Shape[0], Shape[1], Inputs);
        Tensor dense = empty(outs, ins);
        float* to = NativeTensor.Floats(dense),
            scales = NativeTensor.Floats(Scales);
        byte* codes = NativeTensor.At<byte>(Packed);
        Threads.For(
            outs,
            o =>
            {
                byte* row = codes + At(o, inputs);
                for (long i = 0; i < ins; i++)
                {
                    to[o * ins + i] = (row[Column(i)] - Int8Rows.Offset) * scales[o];
                }
            }
        );
        return dense;
    }

    /// <summary>Whether parts of these sizes begin with blocks.</summary>
    public static bool HasParts(IEnumerable<long> sizes) => sizes.SkipLast(1).All(s => s % Int8Rows.Block == 0);

    /// <summary>Some of the outputs, in the same memory.</summary>
    /// <param name="from">A multiple of 16.</param>
    public Int8Weight Part(long from, long count)
    {
        long blocks = (count + Int8Rows.Block - 1) / Int8Rows.Block;
        return new Int8Weight(
            [count, Shape[1]],
            Packed.narrow(0, from * Inputs, blocks * Int8Rows.Block * Inputs),
            Scales.narrow(0, from, blocks * Int8Rows.Block)
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Packed.Dispose();
        Scales.Dispose();
    }

    private static float Encode(float* weights, long ins, byte* codes)
    {
        float largest = 0;
        for (long i = 0; i < ins; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(weights[i]));
        }

        float factor = largest > 0 ? 127 / largest : 0;
        for (long i = 0; i < ins; i++)
        {
            codes[Column(i)] = (byte)(MathF.Round(weights[i] * factor, MidpointRounding.ToEven) + Int8Rows.Offset);
        }

        return largest / 127;
    }

    // Of the first code of an output, and of an input behind it.
    private static long At(long output, long inputs) =>
        (output / Int8Rows.Block * inputs * Int8Rows.Block) + (output % Int8Rows.Block * Int8Rows.Together);

    private static long Column(long input) =>
        (input / Int8Rows.Together * Int8Rows.Block * Int8Rows.Together) + (input % Int8Rows.Together);
}
