using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>The loops over rows against the library's own operations, forward and backward.</summary>
[Collection("native")]
public sealed class RowKernelTests
{
    [Theory]
    [InlineData(1, 4864)]
    [InlineData(7, 24)]
    [InlineData(33, 13)] // a rest behind the last eight
    [InlineData(5, 3)] // nothing but a rest
    [InlineData(0, 16)]
    public void A_gated_unit_and_its_gradient_are_those_of_the_librarys_operations(int rows, int size)
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Numbers(rows, 2 * size),
            gradient = Numbers(rows, size);

        (Tensor output, Tensor slope) = Both(input, gradient, x => SwiGlu.Forward(x));
        (Tensor wanted, Tensor wantedSlope) = Both(input, gradient, x => SwiGlu.Forward(x, plain: true));

        Near(wanted, output);
        Near(wantedSlope, slope);
    }

    [Theory]
    [InlineData(1, 896, 1)]
    [InlineData(9, 64, 14)]
    [InlineData(5, 13, 1)]
    [InlineData(3, 3, 2)]
    [InlineData(0, 16, 1)]
    public void A_norm_and_its_gradient_are_those_of_the_librarys_operations(int rows, int size, int heads)
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        using RmsNorm norm = new(Numbers(size, 1).view(size), 1e-6);
        Tensor input = Numbers(rows, heads * size).view(rows, heads, size),
            gradient = Numbers(rows, heads * size).view(rows, heads, size);

        (Tensor output, Tensor slope) = Both(input, gradient, x => norm.Forward(x));
        (Tensor wanted, Tensor wantedSlope) = Both(input, gradient, x => norm.Forward(x, plain: true));

        Near(wanted, output);
        Near(wantedSlope, slope);
    }

    [Theory]
    [InlineData(1, 151_936)]
    [InlineData(3, 1_029)] // a rest behind the last block and the last eight
    [InlineData(2, 5)] // nothing but a rest
    public void The_most_likely_entry_of_a_row_and_its_sum_are_those_of_the_librarys_operations(int rows, int count)
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = Numbers(rows, count) * 9;
        logits[0, count - 1] = logits[0, 2] = 50; // equal values: the first one counts

        (long[] best, float[] sums) = RowKernels.MostLikely(logits);
        (long[] wanted, float[] wantedSums) = Sequence.MostLikely(logits);

        Assert.Equal(wanted, best);
        Assert.Equal(2, best[0]);
        Assert.All(wantedSums.Zip(sums), s => Assert.Equal(s.First, s.Second, 1e-5f * Math.Abs(s.First)));
    }

    [Fact]
    public void A_row_with_a_NaN_has_an_entry_and_the_sum_NaN()
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = Numbers(2, 20);
        logits[0, 11] = float.NaN;
        logits[1] = full(20, float.NaN);

        (long[] best, float[] sums) = RowKernels.MostLikely(logits);

        Assert.All(best, b => Assert.InRange(b, 0, 19));
        Assert.All(sums, s => Assert.Equal(float.NaN, s));
    }

    [Theory]
    [InlineData(1, 4864)]
    [InlineData(33, 13)]
    public void In_bfloat16_a_gated_unit_and_a_norm_round_where_the_librarys_operations_do(int rows, int size)
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Numbers(rows, 2 * size).to_type(ScalarType.BFloat16),
            gradient = Numbers(rows, size).to_type(ScalarType.BFloat16),
            wide = Numbers(rows, 2 * size).to_type(ScalarType.BFloat16);
        using RmsNorm norm = new(Numbers(2 * size, 1).view(2 * size).to_type(ScalarType.BFloat16), 1e-6);

        (Tensor Output, Tensor Slope) gated = Both(input, gradient, x => SwiGlu.Forward(x)),
            normed = Both(input, wide, x => norm.Forward(x));
        (Tensor Output, Tensor Slope) plainGated = Both(input, gradient, x => SwiGlu.Forward(x, plain: true)),
            plainNormed = Both(input, wide, x => norm.Forward(x, plain: true));

        // All but the few that lie on the border between two roundings are the same; on the way back the library rounds
        // more often.
        Assert.All(
            [(plainGated.Output, gated.Output), (plainNormed.Output, normed.Output)],
            p => Assert.InRange((p.Item1 != p.Item2).@float().mean().ToSingle(), 0, 0.01f)
        );
        Assert.All(
            [
                (plainGated.Output, gated.Output),
                (plainNormed.Output, normed.Output),
                (plainGated.Slope, gated.Slope),
                (plainNormed.Slope, normed.Slope),
            ],
            p => CloseInEightBits(p.Item1, p.Item2)
        );

        static void CloseInEightBits(Tensor wanted, Tensor got)
        {
            Assert.Equal((ScalarType.BFloat16, wanted.shape.Length), (got.dtype, got.shape.Length));
            Assert.InRange(
                ((got.@float() - wanted.@float()).abs() / (wanted.@float().abs() + 0.1)).max().ToSingle(),
                0,
                0.03f
            );
        }
    }

    [Fact]
    public void Views_whose_rows_lie_apart_are_read_as_they_are()
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        using RmsNorm norm = new(Numbers(16, 1).view(16), 1e-6);
        Tensor wide = Numbers(6, 48),
            part = wide.narrow(1, 8, 16);

        Near(norm.Forward(part, plain: true), norm.Forward(part));
        Near(SwiGlu.Forward(part, plain: true), SwiGlu.Forward(part));
    }

    [Fact]
    public void A_gate_far_from_zero_opens_or_closes_without_overflow()
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor input = cat([tensor(new float[] { -500, -100, -88, -20, 20, 88, 100, 500, -500, 500 }), ones(10)])
            .view(1, 20);

        (Tensor output, Tensor slope) = Both(input, ones(1, 10), x => SwiGlu.Forward(x));
        (Tensor wanted, Tensor wantedSlope) = Both(input, ones(1, 10), x => SwiGlu.Forward(x, plain: true));

        Near(wanted, output);
        Near(wantedSlope, slope);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(72)]
    [InlineData(80)]
    [InlineData(96)]
    [InlineData(20)]
    public void Cosines_and_sines_of_a_position_do_not_depend_on_the_number_of_positions(int size)
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor frequencies = pow(10000f, arange(size / 2, dtype: ScalarType.Float32) * (-2f / size)),
            positions = arange(33) * 61 + 1;
        Rotary[] single = [.. Enumerable.Range(0, 33).Select(i => Rotary.At(positions.narrow(0, i, 1), frequencies))];
        Tensor cosines = cat([.. single.Select(r => r.Cos)]),
            sines = cat([.. single.Select(r => r.Sin)]);

        for (int rows = 1; rows <= 33; rows++)
        {
            Rotary together = Rotary.At(positions.narrow(0, 0, rows), frequencies);
            Assert.True((together.Cos == cosines.narrow(0, 0, rows)).all().ToBoolean(), $"cosines of {rows} rows");
            Assert.True((together.Sin == sines.narrow(0, 0, rows)).all().ToBoolean(), $"sines of {rows} rows");
        }
    }

    [Theory]
    [InlineData(-70f, 1f)]
    [InlineData(float.NaN, float.NaN)]
    public void A_tiny_weight_of_attention_behind_the_last_eight_keys_is_zero_and_NaN_stays(float score, float wanted)
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor query = zeros(1, 1, 1, 8),
            keys = zeros(9, 8),
            values = ones(9, 8);
        query[0, 0, 0, 0] = 1;
        keys[8, 0] = score * MathF.Sqrt(8);
        values[8] = full(8, 1e37f); // exp(-70) of it is 4e6
        RowAttention.KvSegment segment = new(NativeTensor.DataPointer(keys), NativeTensor.DataPointer(values), 9, 8, 8);

        (Tensor output, _) = RowAttention.Attend(
            query,
            [
                [segment],
            ]
        );

        Assert.All(output.data<float>(), x => Assert.Equal(wanted, x, 1e-6f));
    }

    [Fact]
    public void A_norm_whose_weight_is_trained_gives_the_weight_its_gradient()
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = Numbers(16, 1).view(16).requires_grad_();
        using RmsNorm norm = new(weight, 1e-6);

        norm.Forward(Numbers(3, 16)).sum().backward();

        Assert.True(norm.Weight.grad!.abs().sum().ToSingle() > 0);
    }

    private static Tensor Numbers(long rows, long columns) =>
        (arange(rows * columns, dtype: ScalarType.Float32) * 0.7).sin().view(rows, columns) * 3;

    private static (Tensor Output, Tensor Slope) Both(Tensor input, Tensor gradient, Func<Tensor, Tensor> form)
    {
        Tensor x = input.clone().requires_grad_(),
            output = form(x);
        autograd.backward([output], [gradient]);
        return (output.detach(), x.grad!);
    }

    private static void Near(Tensor wanted, Tensor got)
    {
        Assert.Equal(wanted.shape, got.shape);
        Assert.True(
            allclose(got, wanted, rtol: 1e-5, atol: 2e-6),
            $"largest difference {(wanted.NumberOfElements == 0 ? 0 : (got - wanted).abs().max().ToSingle())}"
        );
    }
}
