using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>A segment of tokens in a prefix tree, with its parent, and with its keys and values once a pass has
/// computed them.</summary>
internal sealed class PrefixNode(int[] sequence, int depth, int length, PrefixNode? parent)
{
    /// <summary>Position of the first token.</summary>
    public int Depth { get; private set; } = depth;

    /// <summary>Number of tokens.</summary>
    public int Length { get; private set; } = length;

    /// <summary>The segment before this one; null at a root.</summary>
    public PrefixNode? Parent { get; private set; } = parent;

    /// <summary>Row of the node's first token in its node batch.</summary>
    public int Start { get; set; }

    /// <summary>Keys and values of each layer, [keyValueHeads, length, headDim], once a pass has kept them.</summary>
    public List<(Tensor Key, Tensor Value)> Cache { get; } = [];

    /// <summary>The tokens.</summary>
    public ReadOnlySpan<int> Tokens => sequence.AsSpan(Depth, Length);

    /// <summary>From the beginning to this node.</summary>
    public IReadOnlyList<PrefixNode> Path => Parent is null ? [this] : [.. Parent.Path, this];

    /// <summary>The node of this path that holds a position.</summary>
    public PrefixNode Holding(int position)
    {
        PrefixNode node = this;
        while (position < node.Depth)
        {
            node = node.Parent!;
        }

        return node;
    }

    /// <summary>Moves the first tokens into a new parent node.</summary>
    public PrefixNode CutAt(int count)
    {
        PrefixNode upper = new(sequence, Depth, count, Parent);
        (Depth, Length, Parent) = (Depth + count, Length - count, upper);
        return upper;
    }

    /// <summary>Splits this node into a chain of nodes of limited length; the node itself is the last one.</summary>
    public IEnumerable<PrefixNode> Chain(int longest)
    {
        while (Length > longest)
        {
            yield return CutAt(longest);
        }

        yield return this;
    }

    /// <summary>Keeps the keys and values of the next layer until <see cref="Free"/>.</summary>
    public void Keep(Tensor key, Tensor value) =>
        Cache.Add((key.DetachFromDisposeScope(), value.DetachFromDisposeScope()));

    /// <summary>Frees the keys and values.</summary>
    public void Free()
    {
        foreach ((Tensor key, Tensor value) in Cache)
        {
            key.Dispose();
            value.Dispose();
        }

        Cache.Clear();
    }
}
