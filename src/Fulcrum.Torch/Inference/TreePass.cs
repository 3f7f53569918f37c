using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Runs the packs of a tree through a model, one forward pass a pack.</summary>
internal static class TreePass
{
    /// <summary>Tokens of one pass: enough to keep the products large, few enough to bound the memory.</summary>
    public const int Budget = 2048;

    /// <summary>Visits every pack with its hidden states, [tokens, hidden]; a node's rows begin at its <see cref="TokenNode.Start"/>.</summary>
    /// <param name="keep">Whether a node's keys and values stay after the tree is done.</param>
    public static void Run(LanguageModel model, TokenTree tree, Func<TokenNode, bool> keep, Action<IReadOnlyList<TokenNode>, Tensor> visit, CancellationToken cancellation)
    {
        Dictionary<TokenNode, int> lastUse = LastUses(tree);
        HashSet<TokenNode> waiting = [];
        int done = 0;
        try
        {
            foreach (IReadOnlyList<TokenNode> pack in tree.Packs(Budget))
            {
                cancellation.ThrowIfCancellationRequested();
                using DisposeScope scope = NewDisposeScope();
                waiting.UnionWith(pack);
                visit(pack, Forward(model, pack));
                done += pack.Count;
                foreach (TokenNode node in pack.Where(n => keep(n) || lastUse[n] >= done))
                {
                    node.Keep();
                }

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

    /// <summary>Hidden states of one pack, in the current dispose scope; the nodes' caches are views of the pack until kept or freed.</summary>
    public static Tensor Forward(LanguageModel model, IReadOnlyList<TokenNode> pack)
    {
        List<long> ids = [], positions = [];
        foreach (TokenNode node in pack)
        {
            node.Start = ids.Count;
            foreach (int token in node.Tokens)
            {
                positions.Add(node.Depth + ids.Count - node.Start);
                ids.Add(token);
            }
        }

        return model.Forward(tensor(ids.ToArray(), device: model.Device), tensor(positions.ToArray(), device: model.Device), new TreeAttention(pack));
    }

    private static Dictionary<TokenNode, int> LastUses(TokenTree tree)
    {
        Dictionary<TokenNode, int> last = [];
        for (int i = tree.Nodes.Count - 1; i >= 0; i--)
        {
            TokenNode node = tree.Nodes[i];
            last.TryAdd(node, i);
            if (node.Parent is not null)
            {
                last[node.Parent] = Math.Max(last.GetValueOrDefault(node.Parent), last[node]);
            }
        }

        return last;
    }
}
