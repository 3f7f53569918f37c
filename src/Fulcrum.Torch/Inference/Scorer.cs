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
        ContinuationScore[][] scores =
        [
            .. requests.Select(r => r.Continuations.Select(c => new ContinuationScore(0, true, c.Length)).ToArray()),
        ];
        int[] open = [.. requests.Select(r => r.Continuations.Sum(c => c.Length))];
        List<(int Request, int Continuation)> asked =
        [
            .. from r in Enumerable.Range(0, requests.Count)
            from c in Enumerable.Range(0, scores[r].Length)
            where scores[r][c].Tokens > 0
            select (r, c),
        ];
        for (int r = 0; r < open.Length; r++)
        {
            if (open[r] == 0)
            {
                answered(r, scores[r]);
            }
        }

        // The last token of a continuation predicts no scored token, so it is not in the tree.
        PrefixTree tree = PrefixTree.Of(
            [
                .. asked.Select(a =>
                    (int[])[.. requests[a.Request].Prompt, .. requests[a.Request].Continuations[a.Continuation][..^1]]
                ),
            ],
            budget
        );
        Dictionary<PrefixNode, List<Target>> targets = TargetsOf(requests, asked, tree);
        TreePass.Run(model, tree.Nodes, budget, _ => false, RowsOf, Visit, cancellation);

        Target[] In(IReadOnlyList<PrefixNode> batch) =>
            [
                .. from n in batch
                where targets.ContainsKey(n)
                from t in targets[n]
                orderby n.Start + t.Row
                select t with
                {
                    Row = n.Start + t.Row,
                },
            ];

        long[] RowsOf(IReadOnlyList<PrefixNode> batch) => [.. In(batch).Select(t => (long)t.Row).Distinct()];

        void Visit(IReadOnlyList<PrefixNode> batch, Tensor hidden)
        {
            Target[] here = In(batch);
            ILookup<int, Target> byRow = here.ToLookup(t => t.Row);
            int done = 0;
            foreach (int[] chunk in here.Select(t => t.Row).Distinct().Chunk(LogitRows))
            {
                Target[] asking = [.. chunk.SelectMany(r => byRow[r])];
                (float[] likely, bool[] best) = Read(
                    hidden.narrow(0, done, chunk.Length),
                    [.. chunk.SelectMany((r, i) => byRow[r].Select(_ => (long)i))],
                    [.. asking.Select(t => (long)t.Token)]
                );
                done += chunk.Length;
                for (int i = 0; i < asking.Length; i++)
                {
                    ref ContinuationScore score = ref scores[asking[i].Request][asking[i].Continuation];
                    score = new ContinuationScore(
                        score.LogLikelihood + likely[i],
                        score.Greedy && best[i],
                        score.Tokens
                    );
                    if (--open[asking[i].Request] == 0)
                    {
                        answered(asking[i].Request, scores[asking[i].Request]);
                    }
                }
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
        List<(int Request, int Continuation)> asked,
        PrefixTree tree
    )
    {
        Dictionary<PrefixNode, List<Target>> targets = [];
        for (int s = 0; s < asked.Count; s++)
        {
            ScoreRequest request = requests[asked[s].Request];
            int[] continuation = request.Continuations[asked[s].Continuation];
            for (int i = 0; i < continuation.Length; i++)
            {
                int position = request.Prompt.Length - 1 + i;
                PrefixNode node = tree.EndOf(s).Holding(position);
                targets.TryAdd(node, []);
                targets[node]
                    .Add(new Target(asked[s].Request, asked[s].Continuation, position - node.Depth, continuation[i]));
            }
        }

        return targets;
    }

    private readonly record struct Target(int Request, int Continuation, int Row, int Token);
}
