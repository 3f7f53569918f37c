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
        PendingScores scores = new(requests, answered);
        scores.ReportEmpty();
        ScoreWork work = new(requests, scores);
        IEnumerable<SequenceGroup> groups = SequenceGroup.Divide(
            work.Sequences,
            sizes.Cells,
            GroupedCache.MostSequences,
            growth: new int[work.Sequences.Count]
        );
        GroupedCache cache = new(context, sizes.Batch, sizes.Rows);
        foreach (SequenceGroup group in groups)
        {
            Dictionary<TokenPlace, List<ScoredToken>> targets = work.TargetsOf(group);
            Dictionary<TokenPlace, TokenQuestion> questions = targets.ToDictionary(
                place => place.Key,
                place => new TokenQuestion([.. place.Value.Select(t => t.Token)])
            );
            cache.Enter(group, questions, (place, answer) => work.Add(targets[place], answer), cancellation);
        }
    }
}
