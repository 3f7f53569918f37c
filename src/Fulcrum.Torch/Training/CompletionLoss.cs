using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>The loss on completion tokens and its gradient, without storing the logits of a complete batch.</summary>
internal static class CompletionLoss
{
    /// <summary>Rows whose logits are in memory at once: with 151,936 entries and float32, 78 MB.</summary>
    public const int Chunk = 128;

    // Padded examples at once: all of their logits are in memory, several times over. The gradients of the parts add up
    // to the batch's.
    private const int PaddedExamples = 2;

    /// <summary>Adds the gradient of (sum of negative log-likelihoods / <paramref name="tokens"/>) over some
    /// examples; returns that sum, not divided.</summary>
    /// <param name="tokens">Completion tokens of the complete effective batch, divided by the loss scale if there is
    /// one.</param>
    /// <param name="plain">Padded, two examples at a time, with all logits and no shared prefixes: the reference
    /// implementation.</param>
    public static double Backward(
        LanguageModel model,
        IReadOnlyList<TrainingExample> examples,
        double tokens,
        bool plain
    )
    {
        if (plain)
        {
            return examples.Chunk(PaddedExamples).Sum(part => Padded(model, part, tokens));
        }

        using DisposeScope scope = NewDisposeScope();
        (Tensor hidden, List<long> targets) = Predicting(model, examples);
        return Through(model, hidden, targets, tokens);
    }

    /// <summary>The sum of negative log-likelihoods of the completion tokens of some examples.</summary>
    public static double Sum(LanguageModel model, IReadOnlyList<TrainingExample> examples)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        (Tensor hidden, List<long> targets) = Predicting(model, examples);
        double sum = 0;
        for (int at = 0; at < targets.Count; at += Chunk)
        {
            using DisposeScope inner = NewDisposeScope();
            long[] target = [.. targets.Skip(at).Take(Chunk)];
            Tensor logits = model.LogitsAt(hidden.narrow(0, at, target.Length));
            sum += nn
                .functional.cross_entropy(logits, tensor(target, device: model.Device), reduction: nn.Reduction.Sum)
                .ToDouble();
        }

        return sum;
    }

    // Every trained token, and the hidden state that predicts it.
    private static (Tensor Hidden, List<long> Targets) Predicting(
        LanguageModel model,
        IReadOnlyList<TrainingExample> examples
    )
    {
        PrefixTree tree = PrefixTree.Of([.. examples.Select(e => e.Ids[..^1])], int.MaxValue);
        List<long> rows = [],
            targets = [];
        Tensor hidden = TreePass.Forward(model, tree.Nodes, wanted: _ => Wanted());
        return (hidden, targets);

        long[] Wanted()
        {
            for (int i = 0; i < examples.Count; i++)
            {
                Rows(tree.EndOf(i), examples[i], rows, targets);
            }

            return [.. rows];
        }
    }

    private static double Padded(LanguageModel model, IReadOnlyList<TrainingExample> examples, double tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        int width = examples.Max(e => e.Ids.Length) - 1;
        long[] ids =
        [
            .. examples.SelectMany(e =>
                Enumerable.Range(0, width).Select(t => t < e.Ids.Length - 1 ? (long)e.Ids[t] : 0)
            ),
        ];
        long[] targets =
        [
            .. examples.SelectMany(e =>
                Enumerable.Range(1, width).Select(t => t < e.Ids.Length && e.Trained[t] ? (long)e.Ids[t] : -100)
            ),
        ];
        Tensor input = tensor(ids, device: model.Device).view(examples.Count, width);
        Tensor hidden = model.Forward(
            input,
            arange(width, device: model.Device).expand(input.shape),
            new CausalAttention()
        );
        Tensor loss = nn.functional.cross_entropy(
            model.LogitsAt(hidden.flatten(0, 1)),
            tensor(targets, device: model.Device),
            ignore_index: -100,
            reduction: nn.Reduction.Sum
        );
        (loss / tokens).backward();
        return loss.ToDouble();
    }

    private static IEnumerable<int> Trained(TrainingExample example) =>
        Enumerable.Range(1, example.Ids.Length - 1).Where(t => example.Trained[t]);

    /// <summary>For every trained token the row of the token before it, found on the way from the example's last node
    /// to the root.</summary>
    private static void Rows(PrefixNode? node, TrainingExample example, List<long> rows, List<long> targets)
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
    private static double Through(LanguageModel model, Tensor hidden, IReadOnlyList<long> targets, double tokens)
    {
        Tensor gradient = zeros_like(hidden, requires_grad: false),
            sum = zeros([], ScalarType.Float64, device: model.Device);
        for (int at = 0; at < targets.Count; at += Chunk)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(targets.Count - at, Chunk);
            Tensor wanted = tensor(targets.Skip(at).Take(count).ToArray(), device: model.Device),
                part = hidden.detach().narrow(0, at, count);
            (Tensor loss, Tensor back) = model.Head is { Adapter: null, Weight: { requires_grad: false } head }
                ? Fused(model, head, part, wanted, tokens)
                : ByGraph(model, part, wanted, tokens);
            gradient.narrow(0, at, count).copy_(back);
            sum.Add_(loss.detach().to_type(ScalarType.Float64));
        }

        if (hidden.requires_grad)
        {
            autograd.backward([hidden], [gradient]);
        }

        // Read once, after the backward pass: a GPU computes on while its results are not read.
        return sum.ToDouble();
    }

    // The logits become the gradient in place: softmax minus the target.
    private static (Tensor Loss, Tensor Gradient) Fused(
        LanguageModel model,
        Tensor head,
        Tensor hidden,
        Tensor targets,
        double tokens
    )
    {
        using IDisposable frozen = no_grad();
        Tensor logits = model.LogitsAt(hidden),
            highest = logits.amax([-1], keepdim: true),
            at = targets.unsqueeze(1),
            wanted = logits.gather(1, at);
        Tensor weights = logits.sub_(highest).exp_(),
            total = weights.sum(-1, keepdim: true);
        Tensor loss = (total.log().Plus(highest) - wanted).sum();
        weights.div_(total).scatter_add_(1, at, full(at.shape, -1f, device: at.device)).Divide_(tokens);
        return (loss, FrozenMatmul.Forward(weights.to_type(head.dtype), head.t(), null));
    }

    private static (Tensor Loss, Tensor Gradient) ByGraph(
        LanguageModel model,
        Tensor hidden,
        Tensor targets,
        double tokens
    )
    {
        Tensor part = hidden.clone().requires_grad_(),
            loss = nn.functional.cross_entropy(model.LogitsAt(part), targets, reduction: nn.Reduction.Sum);
        (loss / tokens).backward();
        return (loss, part.grad!);
    }
}
