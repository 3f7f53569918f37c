using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>What a step of few sequences is made of, against the library's own operations.</summary>
[Collection("native")]
public sealed class SmallBatchMatmulTests
{
    [Theory]
    [InlineData(1, 896, 1152, true)]
    [InlineData(2, 64, 16, false)]
    [InlineData(3, 136, 272, true)] // parts of unequal depth, a strip of sixteen columns
    [InlineData(4, 4864, 896, false)]
    [InlineData(7, 72, 20_000, true)] // four chunks of columns
    [InlineData(5, 72, 61, true)] // columns after the last block
    [InlineData(8, 64, 151_936, false)] // so many chunks that none is cut in depth
    public void A_product_of_few_rows_is_the_librarys(int rows, int ins, int outs, bool biased)
    {
        Libtorch.Ensure();
        Assert.SkipUnless(
            Fma.IsSupported,
            "this processor has no fused multiplication of eight numbers, so the library multiplies"
        );
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, Tensor? bias) = Operands(rows, ins, outs, biased);

        Assert.True(SmallBatchMatmul.Supports(input, weight));
        Tensor wanted = nn.functional.linear(input.@double(), weight.@double(), bias?.@double()!),
            terms = nn.functional.linear(input.abs(), weight.abs());
        Tensor error = (SmallBatchMatmul.Multiply(input, weight, bias) - wanted).abs() / (terms + 1);
        Assert.InRange(error.max().ToDouble(), 0, 1e-6);
    }

    [Theory]
    [InlineData(1, 896, 1152, true)]
    [InlineData(2, 136, 272, true)]
    [InlineData(5, 64, 20_000, true)]
    [InlineData(5, 72, 61, true)]
    [InlineData(8, 4864, 896, false)]
    public void In_bfloat16_it_is_the_exact_product_rounded_once(int rows, int ins, int outs, bool biased)
    {
        Libtorch.Ensure();
        Assert.SkipUnless(
            Fma.IsSupported,
            "this processor has no fused multiplication of eight numbers, so the library multiplies"
        );
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, Tensor? bias) = Operands(rows, ins, outs, biased, ScalarType.BFloat16);

        Tensor got = SmallBatchMatmul.Multiply(input, weight, bias);

        Tensor wanted = nn.functional.linear(input.@double(), weight.@double(), bias?.@double()!),
            terms = nn.functional.linear(input.abs().@double(), weight.abs().@double());
        // half a unit of 8 bits, and what float32 loses on the way
        Tensor error = (got.@double() - wanted).abs() / (wanted.abs() / 256 + terms * 1e-6);
        Assert.Equal(
            (ScalarType.BFloat16, true),
            (got.dtype, SmallBatchMatmul.Supports(input.narrow(0, 0, 1), weight))
        );
        Assert.InRange(error.max().ToDouble(), 0, 1);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Row_result_is_independent_of_other_rows_and_threads(ScalarType type)
    {
        Libtorch.Ensure();
        Assert.SkipUnless(
            Fma.IsSupported,
            "this processor has no fused multiplication of eight numbers, so the library multiplies"
        );
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, Tensor? bias) = Operands(8, 896, 1152, true, type);
        Tensor all = SmallBatchMatmul.Multiply(input, weight, bias);
        int threads = get_num_threads();

        set_num_threads(1);
        Tensor[] single =
        [
            .. Enumerable.Range(0, 8).Select(r => SmallBatchMatmul.Multiply(input.narrow(0, r, 1), weight, bias)),
        ];
        set_num_threads(threads);

        Assert.Equal(all.@float().data<float>().ToArray(), cat(single).@float().data<float>().ToArray());
    }

    [Theory]
    [InlineData(1, 896, 1152, ScalarType.Float32)]
    [InlineData(5, 136, 288, ScalarType.Float32)] // parts of unequal depth
    [InlineData(32, 64, 20_000, ScalarType.Float32)] // four chunks of columns
    [InlineData(32, 64, 3197, ScalarType.Float32)] // columns after the last block
    [InlineData(7, 64, 3197, ScalarType.BFloat16)]
    [InlineData(1, 4864, 896, ScalarType.BFloat16)]
    [InlineData(7, 64, 20_000, ScalarType.BFloat16)]
    public void Blocks_of_512_bits_give_the_same_bits(int rows, int ins, int outs, ScalarType type)
    {
        Libtorch.Ensure();
        Assert.SkipUnless(Avx512F.IsSupported, "this processor has no registers of 512 bits");
        using DisposeScope scope = NewDisposeScope();
        (Tensor input, Tensor weight, Tensor? bias) = Operands(rows, ins, outs, true, type);

        Tensor wide = SmallBatchMatmul.Multiply(input, weight, bias),
            narrow = SmallBatchMatmul.Multiply(input, weight, bias, blocks: false);

        Assert.Equal(narrow.@float().data<float>().ToArray(), wide.@float().data<float>().ToArray());
    }

    [Fact]
    public void Weights_in_another_layout_and_more_rows_are_left_to_the_library()
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        (_, Tensor weight, _) = Operands(1, 64, 64, false);
        Tensor input = rand(SmallBatchMatmul.Most(weight), 64);

        Assert.False(SmallBatchMatmul.Supports(cat([input, input.narrow(0, 0, 1)]), weight)); // one row more
        Assert.False(SmallBatchMatmul.Supports(input, weight.contiguous())); // rows contiguous, not columns
        Assert.False(SmallBatchMatmul.Supports(input, weight.narrow(0, 0, 32))); // part of a larger matrix
        Assert.False(SmallBatchMatmul.Supports(input.to_type(ScalarType.BFloat16), weight)); // of two types
        Assert.False(
            SmallBatchMatmul.Supports(
                input.to_type(ScalarType.Float16),
                FrozenMatmul.ColumnMajor(weight.to_type(ScalarType.Float16))
            )
        );
        Assert.False(SmallBatchMatmul.Supports(input.narrow(0, 0, 0), weight));
    }

    [Theory]
    [InlineData(14, 64, ScalarType.Float32)]
    [InlineData(3, 10, ScalarType.Float32)] // a rest behind eight
    [InlineData(14, 64, ScalarType.BFloat16)]
    [InlineData(3, 10, ScalarType.BFloat16)]
    public void Turned_heads_and_their_gradient_are_those_of_the_librarys_operations(
        int heads,
        int size,
        ScalarType type
    )
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Rotary rotary = Rotary.At(
            tensor(new long[] { 0, 3, 100, 32_000, 7 }),
            tensor(new RotaryConfig(10_000).Frequencies(size))
        );
        Tensor input = Numbers(5, 2L * heads * size).narrow(1, 1, heads * size).view(5, heads, size).to_type(type),
            gradient = Numbers(5, heads * size).view(5, heads, size).to_type(type);

        Tensor[] ours = Both(x => rotary.Apply(x)),
            wanted = Both(x => rotary.Apply(x, plain: true));

        Near(wanted[0], ours[0], type == ScalarType.Float32 ? 1e-6 : 1 / 128.0);
        Near(wanted[1], ours[1], type == ScalarType.Float32 ? 1e-6 : 1 / 128.0);

        Tensor[] Both(Func<Tensor, Tensor> form)
        {
            Tensor x = input.detach().clone().requires_grad_(),
                output = form(x);
            autograd.backward([output], [gradient]);
            return [output.detach(), x.grad!];
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 64, 7, 1f, 1)]
    [InlineData(ScalarType.Float32, 128, 1, 1f, 255, 1)]
    [InlineData(ScalarType.Float32, 8, 3, 1f, 256, 257, 2)]
    [InlineData(ScalarType.Float32, 24, 2, 40f, 700, 300)] // one score far above the others
    [InlineData(ScalarType.BFloat16, 64, 7, 1f, 130, 1)]
    [InlineData(ScalarType.BFloat16, 24, 2, 4f, 700, 300)]
    public void Attention_of_a_row_over_stretches_is_the_librarys_over_all_of_them(
        ScalarType type,
        int size,
        int group,
        float sharpness,
        params int[] lengths
    )
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        const int KeyValueHeads = 2;
        Tensor query = (
            Numbers(2, KeyValueHeads * group * size).view(2, KeyValueHeads, group, size) * sharpness
        ).to_type(type);
        Tensor[] keys =

            [
                .. lengths.Select(
                    (n, i) => (Numbers(n, KeyValueHeads * size) + i).cos().view(n, KeyValueHeads, size).to_type(type)
                ),
            ],
            values = [.. keys.Select(k => (k.@float() * 9).sin().to_type(type))];
        // Every second stretch by head, as nodes of the tree keep them; the others by token, as the cache does.
        Tensor[] laidKeys = [.. keys.Select(Laid)],
            laidValues = [.. values.Select(Laid)];
        RowAttention.KvSegment[] seen =
        [
            .. lengths.Select(
                (n, i) =>
                    new RowAttention.KvSegment(
                        NativeTensor.DataPointer(laidKeys[i]),
                        NativeTensor.DataPointer(laidValues[i]),
                        n,
                        i % 2 == 0 ? KeyValueHeads * size : size,
                        i % 2 == 0 ? size : n * size
                    )
            ),
        ];

        (Tensor output, Tensor sum) = RowAttention.Attend(query, [seen, seen]);

        Tensor all = cat(keys).@float().transpose(0, 1).unsqueeze(0),
            mixed = cat(values).@float().transpose(0, 1).unsqueeze(0);
        (Tensor wanted, Tensor wantedSum) = PartialAttention.Forward(
            query.@float(),
            all.expand(2, -1, -1, -1),
            mixed.expand(2, -1, -1, -1),
            plain: true
        );
        Near(wanted, output.@float(), type == ScalarType.Float32 ? 2e-5 : 1 / 256.0);
        Near(wantedSum, sum, 1e-4);

        static Tensor Laid(Tensor t, int i) => i % 2 == 0 ? t : t.transpose(0, 1).contiguous();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_loop_runs_its_body_once_for_each_number_on_either_kind_of_threads(bool ownThreads)
    {
        Libtorch.Ensure();
        int threads = get_num_threads();
        set_num_threads(3);
        int[] seen = new int[1001];

        Threads.For(seen.Length, i => Interlocked.Increment(ref seen[i]), ownThreads: ownThreads);

        set_num_threads(threads);
        Assert.All(seen, s => Assert.Equal(1, s));
        Assert.Equal(OperatingSystem.IsLinux(), Threads.AreLibgomps);
    }

    private static (Tensor Input, Tensor Weight, Tensor? Bias) Operands(
        int rows,
        int ins,
        int outs,
        bool biased,
        ScalarType type = ScalarType.Float32
    ) =>
        (
            Numbers(rows, ins).to_type(type),
            FrozenMatmul.ColumnMajor((Numbers(outs, ins) + 1).cos().to_type(type)),
            biased ? Numbers(1, outs).view(outs).to_type(type) : null
        );

    private static Tensor Numbers(long rows, long columns) =>
        (arange(rows * columns, dtype: ScalarType.Float32) * 0.7).sin().view(rows, columns);

    private static void Near(Tensor wanted, Tensor got, double by)
    {
        Assert.Equal(wanted.shape, got.shape);
        double largest = (got - wanted).abs().max().ToSingle();
        Assert.True(largest <= by, $"largest difference {largest}");
    }
}
