using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Runs nodes of a prefix tree through a model, one forward pass per node batch.</summary>
internal static class TreePass
{
    /// <summary>Tokens per forward pass: enough for large matmuls, few enough to bound the memory.</summary>
    public const int Budget = 2048;

    /// <summary>Visits every batch with the hidden states of its wanted rows, [rows, hidden].</summary>
    /// <param name="nodes">Depth first. A parent that is not listed is cached already.</param>
    /// <param name="budget">Maximum number of tokens per pass; no node is longer.</param>
    /// <param name="keep">Selects the nodes whose keys and values stay in memory after the last batch. Others are
    /// freed once no later batch reads them.</param>
    /// <param name="wanted">As for <see cref="Forward"/>.</param>
    public static void Run(
        LanguageModel model,
        IReadOnlyList<PrefixNode> nodes,
        int budget,
        Func<PrefixNode, bool> keep,
        Func<IReadOnlyList<PrefixNode>, long[]> wanted,
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
                visit(batch, Forward(model, batch, n => keep(n) || lastUse[n] >= done, wanted));
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

    /// <summary>Returns the hidden states of one batch, in the current dispose scope.</summary>
    /// <param name="keep">Selects the nodes whose keys and values are copied; null for none.</param>
    /// <param name="wanted">The rows whose hidden states are returned, in this order; null for all. A node's rows
    /// begin at its <see cref="PrefixNode.Start"/>, which is set when this is called.</param>
    public static Tensor Forward(
        LanguageModel model,
        IReadOnlyList<PrefixNode> batch,
        Func<PrefixNode, bool>? keep = null,
        Func<IReadOnlyList<PrefixNode>, long[]>? wanted = null
    )
    {
        TreeAttention attention = new(batch, model.Device, keep);
        long[] ids = [.. batch.SelectMany(n => n.Tokens.ToArray()).Select(t => (long)t)];
        return model.Forward(
            tensor(ids, device: model.Device),
            tensor(attention.Positions.Select(p => (long)p).ToArray(), device: model.Device),
            attention,
            wanted is null ? null : tensor(wanted(batch), device: model.Device)
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
