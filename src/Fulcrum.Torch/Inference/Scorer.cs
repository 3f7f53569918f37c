using Fulcrum.Models;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Inference;

/// <summary>Computes log-likelihoods of continuations by one prefix tree over all requests. Logits are computed only
/// where a continuation's token is predicted.</summary>
internal sealed class Scorer(LanguageModel model, int budget = TreePass.Budget)
{
    // Rows of logits in memory at once.
    private const int LogitRows = 64;

    /// <summary>Scores requests that have been checked already.</summary>
    public void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation
    )
    {
        using IDisposable frozen = inference_mode();
        PendingScores scores = new(requests, answered);
        scores.ReportEmpty();
        PrefixTree tree = PrefixTree.Of(
            [.. scores.Continuations.Select(c => scores.SequenceOf(c.Request, c.Continuation))],
            budget
        );
        Dictionary<PrefixNode, List<Target>> targets = TargetsOf(requests, scores.Continuations, tree);
        TreePass.Run(
            model,
            tree.Nodes,
            budget,
            _ => false,
            batch => [.. TargetsIn(batch, targets).Select(t => (long)t.Row).Distinct()],
            (batch, hidden) => Read(TargetsIn(batch, targets), hidden, scores),
            cancellation
        );
    }

    // Returns the targets of a batch of nodes, with their rows in the batch, in the order of these rows.
    private static Target[] TargetsIn(IReadOnlyList<PrefixNode> batch, Dictionary<PrefixNode, List<Target>> targets) =>
        [
            .. from node in batch
            where targets.ContainsKey(node)
            from target in targets[node]
            orderby node.Start + target.Row
            select target with
            {
                Row = node.Start + target.Row,
            },
        ];

    // Reads the scores of targets from the hidden states of their distinct rows.
    private void Read(Target[] targets, Tensor hidden, PendingScores scores)
    {
        ILookup<int, Target> byRow = targets.ToLookup(t => t.Row);
        int done = 0;
        foreach (int[] rows in targets.Select(t => t.Row).Distinct().Chunk(LogitRows))
        {
            Target[] ofRows = [.. rows.SelectMany(row => byRow[row])];
            (float[] likely, bool[] best) = Read(
                hidden.narrow(0, done, rows.Length),
                [.. rows.SelectMany((row, i) => byRow[row].Select(_ => (long)i))],
                [.. ofRows.Select(t => (long)t.Token)]
            );
            done += rows.Length;
            for (int i = 0; i < ofRows.Length; i++)
            {
                scores.Add(ofRows[i].Request, ofRows[i].Continuation, likely[i], best[i]);
            }
        }
    }

    // Returns the log-probability of a token at a row of the logits, and whether it is the most likely one.
    private (float[] Likely, bool[] Best) Read(Tensor hidden, long[] at, long[] tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = model.LogitsAt(hidden);
        Tensor row = tensor(at, device: hidden.device),
            token = tensor(tokens, device: hidden.device);
        Tensor likely = logits.index([row, token]) - logits.LogSumExp(-1).Rows(row);
        Tensor best = logits.argmax(-1).Rows(row) == token;
        return (likely.cpu().data<float>().ToArray(), best.cpu().data<bool>().ToArray());
    }

    private static Dictionary<PrefixNode, List<Target>> TargetsOf(
        IReadOnlyList<ScoreRequest> requests,
        IReadOnlyList<(int Request, int Continuation)> continuations,
        PrefixTree tree
    )
    {
        Dictionary<PrefixNode, List<Target>> targets = [];
        for (int sequence = 0; sequence < continuations.Count; sequence++)
        {
            (int request, int continuation) = continuations[sequence];
            int position = requests[request].Prompt.Length - 1;
            foreach (int token in requests[request].Continuations[continuation])
            {
                PrefixNode node = tree.EndOf(sequence).Holding(position);
                targets.TryAdd(node, []);
                targets[node].Add(new Target(request, continuation, position - node.Depth, token));
                position++;
            }
        }

        return targets;
    }

    // A token to score. The row is that of the hidden state that predicts it, counted from its node or its batch.
    private readonly record struct Target(int Request, int Continuation, int Row, int Token);
}
