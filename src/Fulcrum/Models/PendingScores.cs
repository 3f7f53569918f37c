namespace Fulcrum.Models;

/// <summary>The scores of requests while an engine computes them token by token. A request is reported as soon as all
/// its scores are known.</summary>
internal sealed class PendingScores
{
    private readonly IReadOnlyList<ScoreRequest> requests;
    private readonly Action<int, IReadOnlyList<ContinuationScore>> answered;
    private readonly ContinuationScore[][] scores; // by request and continuation
    private readonly int[] missingTokens; // by request

    /// <summary>Begins the scores of requests.</summary>
    /// <param name="answered">Called with the index of a complete request and its scores.</param>
    public PendingScores(IReadOnlyList<ScoreRequest> requests, Action<int, IReadOnlyList<ContinuationScore>> answered)
    {
        (this.requests, this.answered) = (requests, answered);
        scores =
        [
            .. requests.Select(r => r.Continuations.Select(c => new ContinuationScore(0, true, c.Length)).ToArray()),
        ];
        missingTokens = [.. requests.Select(r => r.Continuations.Sum(c => c.Length))];
        Continuations =
        [
            .. from request in Enumerable.Range(0, requests.Count)
            from continuation in Enumerable.Range(0, scores[request].Length)
            where scores[request][continuation].Tokens > 0
            select (request, continuation),
        ];
    }

    /// <summary>The continuations that have tokens: the index of the request, and that of the continuation in
    /// it.</summary>
    public IReadOnlyList<(int Request, int Continuation)> Continuations { get; }

    /// <summary>Returns the tokens to compute for a continuation: prompt and continuation without the last token, after
    /// which no prediction is needed.</summary>
    public int[] SequenceOf(int request, int continuation) =>
        [.. requests[request].Prompt, .. requests[request].Continuations[continuation][..^1]];

    /// <summary>Reports the requests that have no token to score.</summary>
    public void ReportEmpty()
    {
        for (int request = 0; request < missingTokens.Length; request++)
        {
            if (missingTokens[request] == 0)
            {
                answered(request, scores[request]);
            }
        }
    }

    /// <summary>Adds a token of a continuation, and reports the request if this was its last missing one.</summary>
    /// <param name="logLikelihood">In nats.</param>
    /// <param name="isMostLikely">Whether no token of the vocabulary is more likely at its place.</param>
    public void Add(int request, int continuation, double logLikelihood, bool isMostLikely)
    {
        ref ContinuationScore score = ref scores[request][continuation];
        score = new ContinuationScore(score.LogLikelihood + logLikelihood, score.Greedy && isMostLikely, score.Tokens);
        if (--missingTokens[request] == 0)
        {
            answered(request, scores[request]);
        }
    }
}
