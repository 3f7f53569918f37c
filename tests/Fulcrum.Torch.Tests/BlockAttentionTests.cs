using System.Runtime.Intrinsics.X86;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Interop;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Attention of nodes in blocks of rows against partial results of libtorch's operations.</summary>
[Collection("native")]
public sealed class BlockAttentionTests
{
    [Theory]
    [InlineData(14, 2, 64, int.MaxValue, 40, 1, 17, 300)] // one pass
    [InlineData(14, 2, 64, 330, 40, 1, 17, 300)] // ancestors of an earlier pass
    [InlineData(4, 4, 32, 64, 5, 5, 5, 3)] // one head for each key
    [InlineData(8, 1, 128, 128, 2, 70, 257, 31)] // more keys than are held at once
    public void Attention_in_blocks_is_that_of_merged_pieces(
        int heads,
        int keyValueHeads,
        int size,
        int budget,
        params int[] tails
    )
    {
        Libtorch.Ensure();
        Assert.SkipUnless(Avx512F.IsSupported, "this processor has no registers of 512 bits");
        using DisposeScope scope = NewDisposeScope();
        PrefixTree tree = TreeOf(tails, budget);
        foreach (IReadOnlyList<PrefixNode> batch in PrefixTree.Batches(tree.Nodes, budget))
        {
            long rows = batch.Sum(n => (long)n.Length);
            (Tensor q, Tensor k, Tensor v) = (
                Numbers(rows, heads, size),
                Numbers(rows, keyValueHeads, size),
                Numbers(rows, keyValueHeads, size)
            );
            TreeAttention blocks = new(batch, CPU, _ => true),
                pieces = new(batch, CPU, byPieces: true);

            Tensor wanted = pieces.Attend(0, q, k, v, null),
                got = blocks.Attend(0, q, k, v, null);

            Assert.Equal(wanted.shape, got.shape);
            Assert.InRange((got - wanted).abs().max().ToDouble(), 0, 2e-6);
        }

        tree.Nodes.ToList().ForEach(n => n.Free());
    }

    [Fact]
    public void Its_gradients_are_those_of_merged_pieces()
    {
        Libtorch.Ensure();
        Assert.SkipUnless(Avx512F.IsSupported, "this processor has no registers of 512 bits");
        using DisposeScope scope = NewDisposeScope();
        PrefixTree tree = TreeOf([40, 1, 17, 150], int.MaxValue);
        long rows = tree.Nodes.Sum(n => (long)n.Length);
        Tensor[] inputs = [Numbers(rows, 6, 64), Numbers(rows, 2, 64), Numbers(rows, 2, 64)];
        Tensor slope = Numbers(rows, 6, 64).view(rows, 6 * 64);

        Tensor[] blocks = Gradients(byPieces: false),
            pieces = Gradients(byPieces: true);

        Assert.All(
            pieces.Zip(blocks),
            p => Assert.InRange((p.First - p.Second).abs().max().ToDouble(), 0, 1e-5 * p.First.abs().max().ToDouble())
        );

        Tensor[] Gradients(bool byPieces)
        {
            Tensor[] x = [.. inputs.Select(i => i.detach().clone().requires_grad_())];
            Tensor output = new TreeAttention(tree.Nodes, CPU, byPieces: byPieces).Attend(0, x[0], x[1], x[2], null);
            autograd.backward([output], [slope]);
            return [.. x.Select(i => i.grad!)];
        }
    }

    [Fact]
    public void Keys_that_no_row_weighs_have_gradients_of_zero_instead_of_denormal_numbers()
    {
        Libtorch.Ensure();
        Assert.SkipUnless(Avx512F.IsSupported, "this processor has no registers of 512 bits");
        using DisposeScope scope = NewDisposeScope();
        PrefixTree tree = PrefixTree.Of(
            [
                [.. Enumerable.Range(0, 40)],
            ],
            int.MaxValue
        );
        Tensor query = full([40, 2, 64], 10f).requires_grad_(),
            // Every score of the first key is 160, and of the others 0.
            key = cat([full([1, 2, 64], 2f), zeros(39, 2, 64)]).requires_grad_(),
            value = Numbers(40, 2, 64).requires_grad_();

        Tensor output = new TreeAttention(tree.Nodes, CPU).Attend(0, query, key, value, null);
        autograd.backward([output], [Numbers(40, 2, 64).view(40, 2 * 64)]);

        Assert.Equal(0, key.grad![1..].abs().max().ToSingle());
        Assert.Equal(0, value.grad![1..].abs().max().ToSingle());
    }

    // Two prefixes, of 30 and 200 tokens, the second one with a fork; below both a tail of each length.
    private static PrefixTree TreeOf(int[] tails, int budget) =>
        PrefixTree.Of(
            [
                .. new[] { 30, 200 }.SelectMany(shared =>
                    tails.Select(
                        (tail, i) =>
                            (int[])
                                [
                                    .. Enumerable.Range(0, shared - i % 2).Select(t => shared + t),
                                    .. Enumerable.Range(0, tail).Select(t => 1000 * (i + 1) + t),
                                ]
                    )
                ),
            ],
            budget
        );

    private static Tensor Numbers(long rows, long heads, long size) =>
        (arange(rows * heads * size, dtype: ScalarType.Float32) * (0.37f + heads)).sin().view(rows, heads, size) * 2;
}
