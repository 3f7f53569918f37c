using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Inference;

/// <summary>Computes log-likelihoods of continuations. Sequences share common prefixes in the KV cache.</summary>
/// <remarks>The batches depend on the requests only, so the same requests give bit-identical results. A request among
/// other requests may be rounded differently.</remarks>
internal sealed class LlamaScorer(ILlamaContext context, CacheSizes sizes)
{
    /// <summary>Scores requests that have been checked already.</summary>
    public void Score(
        IReadOnlyList<ScoreRequest> requests,
        Action<int, IReadOnlyList<ContinuationScore>> answered,
        CancellationToken cancellation
    )
    {
        Work work = new(requests);
        foreach (int done in work.Empty())
        {
            answered(done, work.Scores[done]);
        }

        GroupedCache cache = new(context, sizes.Batch, sizes.Rows);
        int[] nothing = new int[work.Sequences.Count];
        foreach (
            SequenceGroup group in SequenceGroup.Of(work.Sequences, sizes.Cells, GroupedCache.MostSequences, nothing)
        )
        {
            int first = group.First,
                last = first + group.Count - 1;
            Dictionary<(int, int), List<Target>> targets = work.TargetsOf(group);
            int keep = targets.Keys.Min(t => t.Item2);
            cache.Enter(
                group,
                work.Sequences[first],
                work.Sequences[last],
                keep,
                (s, p) =>
                    targets.TryGetValue((s, p), out List<Target>? here)
                        ? new TokenQuestion([.. here.Select(t => t.Token)])
                        : null,
                (s, p, answer) => work.Add(targets[(s, p)], answer, answered),
                cancellation
            );
        }
    }

    private readonly record struct Target(int Request, int Continuation, int Token);

    // The distinct sequences of all requests, sorted, with the tokens to score.
    private sealed class Work
    {
        private readonly int[] open;
        private readonly List<(int Request, int Continuation)>[] askers;
        private readonly IReadOnlyList<ScoreRequest> requests;

        public Work(IReadOnlyList<ScoreRequest> requests)
        {
            this.requests = requests;
            Scores =
            [
                .. requests.Select(r =>
                    r.Continuations.Select(c => new ContinuationScore(0, true, c.Length)).ToArray()
                ),
            ];
            open = [.. requests.Select(r => r.Continuations.Sum(c => c.Length))];
            // The prediction after the last token of a continuation is not needed, so this token is not computed.
            List<(int[] Ids, int Request, int Continuation)> all =
            [
                .. from r in Enumerable.Range(0, requests.Count)
                from c in Enumerable.Range(0, Scores[r].Length)
                where Scores[r][c].Tokens > 0
                select ((int[])[.. requests[r].Prompt, .. requests[r].Continuations[c][..^1]], r, c),
            ];
            all.Sort(
                (a, b) =>
                    SequenceGroup.Compare(a.Ids, b.Ids) is not 0 and int order
                        ? order
                        : (a.Request, a.Continuation).CompareTo((b.Request, b.Continuation))
            );
            List<List<(int Request, int Continuation)>> byIds = [];
            foreach ((int[] ids, int request, int continuation) in all)
            {
                if (Sequences.Count == 0 || !Sequences[^1].AsSpan().SequenceEqual(ids))
                {
                    Sequences.Add(ids);
                    byIds.Add([]);
                }

                byIds[^1].Add((request, continuation));
            }

            askers = [.. byIds];
        }

        public ContinuationScore[][] Scores { get; }

        public List<int[]> Sequences { get; } = [];

        public IEnumerable<int> Empty() => Enumerable.Range(0, open.Length).Where(r => open[r] == 0);

        /// <summary>Returns the tokens to score after each token of the group. The key is the first sequence that has
        /// the token, and its position.</summary>
        public Dictionary<(int Sequence, int Position), List<Target>> TargetsOf(SequenceGroup group)
        {
            Dictionary<(int, int), List<Target>> targets = [];
            List<int> owners = []; // of the current sequence's tokens, by position
            for (int s = 0; s < group.Count; s++)
            {
                int shared =
                    s == 0 ? 0 : SequenceGroup.Common(Sequences[group.First + s - 1], Sequences[group.First + s]);
                owners.RemoveRange(shared, owners.Count - shared);
                owners.AddRange(Enumerable.Repeat(s, Sequences[group.First + s].Length - shared));
                foreach ((int request, int continuation) in askers[group.First + s])
                {
                    int[] ids = requests[request].Continuations[continuation];
                    for (int i = 0, p = requests[request].Prompt.Length - 1; i < ids.Length; i++, p++)
                    {
                        targets.TryAdd((owners[p], p), []);
                        targets[(owners[p], p)].Add(new Target(request, continuation, ids[i]));
                    }
                }
            }

            return targets;
        }

        public void Add(
            List<Target> targets,
            TokenAnswer answer,
            Action<int, IReadOnlyList<ContinuationScore>> answered
        )
        {
            for (int i = 0; i < targets.Count; i++)
            {
                Target target = targets[i];
                ref ContinuationScore score = ref Scores[target.Request][target.Continuation];
                score = new ContinuationScore(
                    score.LogLikelihood + answer.LogLikelihoods[i],
                    score.Greedy && answer.Best == target.Token,
                    score.Tokens
                );
                if (--open[target.Request] == 0)
                {
                    answered(target.Request, Scores[target.Request]);
                }
            }
        }
    }
}
