using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Runs nodes of a tree through a model, one forward pass a batch.</summary>
internal static class TreePass
{
    /// <summary>Tokens of one pass: enough to keep the products large, few enough to bound the memory.</summary>
    public const int Budget = 2048;

    /// <summary>Visits every batch with its hidden states, [tokens, hidden]; a node's rows begin at its
    /// <see cref="PrefixNode.Start"/>.</summary>
    /// <param name="nodes">Depth first; a parent that is not among them has its cache already.</param>
    /// <param name="budget">The most tokens of a pass; no node is longer.</param>
    /// <param name="keep">Whether a node's keys and values stay after all batches are done; others stay as long as a
    /// later batch reads them.</param>
    public static void Run(
        LanguageModel model,
        IReadOnlyList<PrefixNode> nodes,
        int budget,
        Func<PrefixNode, bool> keep,
        Action<IReadOnlyList<PrefixNode>, Tensor> visit,
        CancellationToken cancellation
    )
    {
        Dictionary<PrefixNode, int> lastUse = LastUses(nodes);
        HashSet<PrefixNode> waiting = [];
        int done = 0;
        try
        {
            foreach (IReadOnlyList<PrefixNode> batch in PrefixTree.Batches(nodes, budget))
            {
                cancellation.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                done += batch.Count;
                waiting.UnionWith(batch);
                visit(batch, Forward(model, batch, n => keep(n) || lastUse[n] >= done));
                foreach (PrefixNode node in waiting.Where(n => lastUse[n] < done).ToArray())
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

    /// <summary>Hidden states of one batch, in the current dispose scope.</summary>
    /// <param name="keep">Whether a node's keys and values are copied out of the pass.</param>
    public static Tensor Forward(
        LanguageModel model,
        IReadOnlyList<PrefixNode> batch,
        Func<PrefixNode, bool>? keep = null
    )
    {
        TreeAttention attention = new(batch, model.Device, keep);
        long[] ids = [.. batch.SelectMany(n => n.Tokens.ToArray()).Select(t => (long)t)];
        return model.Forward(
            tensor(ids, device: model.Device),
            tensor(attention.Positions.Select(p => (long)p).ToArray(), device: model.Device),
            attention
        );
    }

    private static Dictionary<PrefixNode, int> LastUses(IReadOnlyList<PrefixNode> nodes)
    {
        Dictionary<PrefixNode, int> last = [];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            PrefixNode node = nodes[i];
            last.TryAdd(node, i);
            if (node.Parent is not null)
            {
                last[node.Parent] = Math.Max(last.GetValueOrDefault(node.Parent), last[node]);
            }
        }

        return last;
    }
}
