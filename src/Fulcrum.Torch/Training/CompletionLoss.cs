using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>The loss on completion tokens and its gradient, without ever holding the logits of a whole batch.</summary>
internal static class CompletionLoss
{
    /// <summary>Rows whose logits are in memory at once: with 151,936 entries and float32, 78 MB.</summary>
    private const int Chunk = 128;

    /// <summary>Adds the gradient of (sum of negative log-likelihoods / <paramref name="tokens"/>) over some examples; returns that sum, not divided.</summary>
    /// <param name="tokens">Completion tokens of the whole effective batch.</param>
    /// <param name="plain">One example after the other, nothing shared: the reference for the shared form.</param>
    public static double Backward(LanguageModel model, IReadOnlyList<TrainingExample> examples, long tokens, bool plain)
    {
        if (plain)
        {
            return examples.Sum(e => Plain(model, e, tokens));
        }

        using DisposeScope scope = NewDisposeScope();
        TokenTree tree = TokenTree.Of([.. examples.Select(e => e.Ids[..^1])], int.MaxValue);
        Tensor hidden = TreePass.Forward(model, tree.Nodes);
        List<long> rows = [], targets = [];
        for (int i = 0; i < examples.Count; i++)
        {
            Rows(tree.EndOf(i), examples[i], rows, targets);
        }

        return Through(model, hidden, rows, targets, tokens);
    }

    private static double Plain(LanguageModel model, TrainingExample example, long tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] ids = [.. example.Ids[..^1].Select(id => (long)id)];
        Tensor hidden = model.Forward(tensor(ids, device: model.Device), arange(ids.Length, device: model.Device), new CausalAttention());
        long[] rows = [.. Trained(example).Select(t => (long)t - 1)];
        return Through(model, hidden, rows, [.. rows.Select(r => (long)example.Ids[r + 1])], tokens);
    }

    private static IEnumerable<int> Trained(TrainingExample example) => Enumerable.Range(1, example.Ids.Length - 1).Where(t => example.Trained[t]);

    /// <summary>For every trained token the row of the token before it, found on the way from the example's last node to the root.</summary>
    private static void Rows(TokenNode? node, TrainingExample example, List<long> rows, List<long> targets)
    {
        foreach (int token in Trained(example).Reverse())
        {
            while (node!.Depth > token - 1)
            {
                node = node.Parent;
            }

            rows.Add(node.Start + token - 1 - node.Depth);
            targets.Add(example.Ids[token]);
        }
    }

    /// <summary>The head's part in chunks, each with its own small graph; then once through the layers.</summary>
    private static double Through(LanguageModel model, Tensor hidden, IReadOnlyList<long> rows, IReadOnlyList<long> targets, long tokens)
    {
        Tensor picked = hidden.index_select(0, tensor(rows.ToArray(), device: model.Device));
        Tensor gradient = zeros_like(picked, requires_grad: false);
        double sum = 0;
        for (int at = 0; at < rows.Count; at += Chunk)
        {
            using DisposeScope scope = NewDisposeScope();
            int end = Math.Min(rows.Count, at + Chunk);
            Tensor part = picked.detach()[at..end].clone().requires_grad_();
            Tensor wanted = tensor(targets.Skip(at).Take(end - at).ToArray(), device: model.Device);
            Tensor loss = nn.functional.cross_entropy(model.LogitsAt(part), wanted, reduction: nn.Reduction.Sum);
            (loss / tokens).backward();
            gradient[at..end] = part.grad!;
            sum += loss.ToDouble();
        }

        if (picked.requires_grad)
        {
            autograd.backward([picked], [gradient]);
        }

        return sum;
    }
}
