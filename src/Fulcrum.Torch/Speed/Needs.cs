using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Speed;

/// <summary>What a job asks of the processor when every shared beginning is computed once: the roofline that a
/// measured time is held against. Generation needs what greedy decoding without drafts computes.</summary>
/// <param name="Tokens">Tokens that go through the layers.</param>
/// <param name="Pairs">Pairs of a token and a token that it attends to, itself included.</param>
/// <param name="Rows">Positions at which logits are computed.</param>
/// <param name="Passes">1 forward; 2 with the gradient of the inputs (frozen weights need no gradient of their
/// own).</param>
internal sealed record Needs(double Tokens, double Pairs, double Rows, int Passes = 1)
{
    /// <summary>Of one forward pass over the tree of some sequences.</summary>
    public static Needs Forward(IReadOnlyList<int[]> sequences, double rows)
    {
        PrefixTree tree = PrefixTree.Of(sequences, int.MaxValue);
        return new Needs(
            tree.Nodes.Sum(n => (double)n.Length),
            tree.Nodes.Sum(n => n.Length * (double)n.Depth + n.Length * (n.Length + 1.0) / 2),
            rows
        );
    }

    /// <summary>Adds the decoding of some tokens, one at a time, after a sequence.</summary>
    public Needs Behind(int position, int count) =>
        this with
        {
            Tokens = Tokens + count,
            Pairs = Pairs + count * (position + (count + 1) / 2.0),
        };

    /// <summary>The same, with the backward pass.</summary>
    public Needs WithBackward() => this with { Passes = 2 };

    /// <summary>All together; they have the same passes.</summary>
    public static Needs Sum(IEnumerable<Needs> parts) =>
        parts.Aggregate(
            (a, b) => a with { Tokens = a.Tokens + b.Tokens, Pairs = a.Pairs + b.Pairs, Rows = a.Rows + b.Rows }
        );

    /// <summary>Floating-point operations: 2 a weight and token in the layers and a weight and row in the head, 4 a
    /// pair and component of the heads; attention has four matmuls in the backward pass and two in the forward
    /// pass.</summary>
    public double Flops(ModelConfig c)
    {
        double linear = ModelLoader
            .Tensors(c)
            .Where(t => t.Shape.Length == 2 && t.Name.StartsWith("model.layers.", StringComparison.Ordinal))
            .Sum(t => (double)t.Shape[0] * t.Shape[1]);
        double attention = 4.0 * c.Heads * c.HeadDim * c.Layers * Pairs * (Passes == 2 ? 3 : 1);
        return Passes * (2 * linear * Tokens + 2.0 * c.VocabularySize * c.HiddenSize * Rows) + attention;
    }
}
