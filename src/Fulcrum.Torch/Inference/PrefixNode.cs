using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>A stretch of tokens, what lies before it, and its keys and values once a pass has computed them.</summary>
internal sealed class PrefixNode(int[] sequence, int depth, int length, PrefixNode? parent)
{
    /// <summary>Position of the first token.</summary>
    public int Depth { get; private set; } = depth;

    /// <summary>Number of tokens.</summary>
    public int Length { get; private set; } = length;

    /// <summary>The stretch before this one; null at a beginning.</summary>
    public PrefixNode? Parent { get; private set; } = parent;

    /// <summary>Where the node's first token stands in its batch.</summary>
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

    /// <summary>Gives the first tokens to a new parent.</summary>
    public PrefixNode CutAt(int count)
    {
        PrefixNode upper = new(sequence, Depth, count, Parent);
        (Depth, Length, Parent) = (Depth + count, Length - count, upper);
        return upper;
    }

    /// <summary>This node as a chain of nodes that are not too long; the node itself is the last of them.</summary>
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

    /// <summary>Forgets keys and values.</summary>
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
