using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Inference;

/// <summary>A token of a continuation whose log-likelihood is wanted.</summary>
/// <param name="Request">The index of the request.</param>
/// <param name="Continuation">The index of the continuation in the request.</param>
internal readonly record struct ScoredToken(int Request, int Continuation, int Token);

/// <summary>The distinct token sequences of all requests, sorted, and the tokens to score in them.</summary>
internal sealed class ScoreWork
{
    private readonly IReadOnlyList<ScoreRequest> requests;
    private readonly PendingScores scores;
    private readonly List<int[]> sequences = [];
    private readonly List<List<(int Request, int Continuation)>> continuations = []; // of each sequence

    /// <summary>Prepares the sequences of requests.</summary>
    public ScoreWork(IReadOnlyList<ScoreRequest> requests, PendingScores scores)
    {
        (this.requests, this.scores) = (requests, scores);
        IEnumerable<(int[] Ids, (int Request, int Continuation) Continuation)> sorted = scores
            .Continuations.Select(c => (Ids: scores.SequenceOf(c.Request, c.Continuation), Continuation: c))
            .OrderBy(s => s.Ids, SequenceGroup.PrefixOrder);
        foreach ((int[] ids, (int Request, int Continuation) continuation) in sorted)
        {
            if (sequences.Count == 0 || !sequences[^1].AsSpan().SequenceEqual(ids))
            {
                sequences.Add(ids);
                continuations.Add([]);
            }

            continuations[^1].Add(continuation);
        }
    }

    /// <summary>The sequences to compute, in <see cref="SequenceGroup.PrefixOrder"/>.</summary>
    public IReadOnlyList<int[]> Sequences => sequences;

    /// <summary>Returns the tokens to score after each token of a group.</summary>
    public Dictionary<TokenPlace, List<ScoredToken>> TargetsOf(SequenceGroup group)
    {
        Dictionary<TokenPlace, List<ScoredToken>> targets = [];
        for (int i = 0; i < group.Count; i++)
        {
            foreach ((int request, int continuation) in continuations[group.Start + i])
            {
                int position = requests[request].Prompt.Length - 1;
                foreach (int token in requests[request].Continuations[continuation])
                {
                    TokenPlace place = group.PlaceOf(i, position++);
                    targets.TryAdd(place, []);
                    targets[place].Add(new ScoredToken(request, continuation, token));
                }
            }
        }

        return targets;
    }

    /// <summary>Adds the log-likelihoods of the tokens after one place.</summary>
    /// <param name="answer">The prediction at this place.</param>
    public void Add(List<ScoredToken> tokens, TokenAnswer answer)
    {
        foreach ((ScoredToken token, double logLikelihood) in tokens.Zip(answer.LogLikelihoods))
        {
            scores.Add(token.Request, token.Continuation, logLikelihood, answer.Best == token.Token);
        }
    }
}
