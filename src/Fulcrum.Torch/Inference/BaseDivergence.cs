using Fulcrum.Models;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Compares the adapted model with its base at every token of a text. Both distributions are compared row by
/// row, so they are never stored.</summary>
internal sealed class BaseDivergence(LanguageModel model)
{
    // Rows of logits in memory at once, for each of the two models.
    private const int LogitRows = 64;

    /// <summary>Measures texts that have been checked already.</summary>
    public void Measure(
        IReadOnlyList<int[]> texts,
        Action<int, TextDivergence> answered,
        CancellationToken cancellation
    )
    {
        using IDisposable frozen = inference_mode();
        for (int i = 0; i < texts.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            answered(i, Of(texts[i]));
        }
    }

    private TextDivergence Of(int[] text)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor adapted = Hidden(text),
            plain = model.WithoutAdapter(() => Hidden(text));
        double divergence = 0,
            before = 0,
            after = 0;
        foreach (int[] rows in Enumerable.Range(0, text.Length - 1).Chunk(LogitRows))
        {
            using DisposeScope chunk = NewDisposeScope();
            Tensor at = tensor(rows.Select(r => (long)r).ToArray(), device: model.Device),
                next = tensor(rows.Select(r => (long)text[r + 1]).ToArray(), device: model.Device).unsqueeze(1);
            Tensor p = LogProbabilities(plain, at),
                q = LogProbabilities(adapted, at);
            divergence += (p.exp() * (p - q)).sum().ToDouble();
            before += p.gather(1, next).sum().ToDouble();
            after += q.gather(1, next).sum().ToDouble();
        }

        return new TextDivergence(text.Length - 1, divergence, before, after);
    }

    // In double precision: the divergence is a small difference of large sums.
    private Tensor LogProbabilities(Tensor hidden, Tensor rows) =>
        nn.functional.log_softmax(model.LogitsAt(hidden.Rows(rows)).to_type(ScalarType.Float64), -1);

    /// <summary>Hidden states of a text, [tokens, hidden].</summary>
    private Tensor Hidden(int[] text)
    {
        PrefixTree tree = PrefixTree.Of([text], int.MaxValue);
        return TreePass.Forward(model, tree.Nodes);
    }
}
