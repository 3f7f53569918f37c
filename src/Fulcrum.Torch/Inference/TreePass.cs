using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Runs nodes of a tree through a model, one forward pass a pack.</summary>
internal static class TreePass
{
    /// <summary>Tokens of one pass: enough to keep the products large, few enough to bound the memory.</summary>
    public const int Budget = 2048;

    /// <summary>Visits every pack with its hidden states, [tokens, hidden]; a node's rows begin at its
    /// <see cref="TokenNode.Start"/>.</summary>
    /// <param name="nodes">Depth first; a parent that is not among them has its cache already.</param>
    /// <param name="budget">The most tokens of a pass; no node is longer.</param>
    /// <param name="keep">Whether a node's keys and values stay after all packs are done; others stay as long as a
    /// later pack reads them.</param>
    public static void Run(
        LanguageModel model,
        IReadOnlyList<TokenNode> nodes,
        int budget,
        Func<TokenNode, bool> keep,
        Action<IReadOnlyList<TokenNode>, Tensor> visit,
        CancellationToken cancellation
    )
    {
        Dictionary<TokenNode, int> lastUse = LastUses(nodes);
        HashSet<TokenNode> waiting = [];
        int done = 0;
        try
        {
            foreach (IReadOnlyList<TokenNode> pack in TokenTree.Packs(nodes, budget))
            {
                cancellation.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                done += pack.Count;
                waiting.UnionWith(pack);
                visit(pack, Forward(model, pack, n => keep(n) || lastUse[n] >= done));
                foreach (TokenNode node in waiting.Where(n => lastUse[n] < done).ToArray())
                {
                    waiting.Remove(node);
                    if (!keep(node))
                    {
                        node.Free();
                    }
                }
            }
        }
        catch
        {
            waiting.ToList().ForEach(n => n.Free());
            throw;
        }
    }

    /// <summary>Hidden states of one pack, in the current dispose scope.</summary>
    /// <param name="keep">Whether a node's keys and values are copied out of the pass.</param>
    public static Tensor Forward(LanguageModel model, IReadOnlyList<TokenNode> pack, Func<TokenNode, bool>? keep = null)
    {
        TreeAttention attention = new(pack, model.Device, keep);
        long[] ids = [.. pack.SelectMany(n => n.Tokens.ToArray()).Select(t => (long)t)];
        return model.Forward(
            tensor(ids, device: model.Device),
            tensor(attention.Positions.Select(p => (long)p).ToArray(), device: model.Device),
            attention
        );
    }

    private static Dictionary<TokenNode, int> LastUses(IReadOnlyList<TokenNode> nodes)
    {
        Dictionary<TokenNode, int> last = [];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            TokenNode node = nodes[i];
            last.TryAdd(node, i);
            if (node.Parent is not null)
            {
                last[node.Parent] = Math.Max(last.GetValueOrDefault(node.Parent), last[node]);
            }
        }

        return last;
    }
}
