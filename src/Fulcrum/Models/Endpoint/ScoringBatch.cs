namespace Fulcrum.Models.Endpoint;

/// <summary>Splits score requests into units that one request to a server answers, and assembles the answers.</summary>
internal sealed class ScoringBatch
{
    private readonly IReadOnlyList<ScoreRequest> requests;
    private readonly IScoring scoring;
    private readonly ContinuationScore[][] scores;
    private readonly int[] open;

    /// <exception cref="RequestException">A request is one that the server cannot answer.</exception>
    public ScoringBatch(IReadOnlyList<ScoreRequest> requests, IScoring scoring)
    {
        this.requests = requests;
        this.scoring = scoring;
        scores = [.. requests.Select(r => new ContinuationScore[r.Continuations.Count])];
        open = [.. requests.Select(r => r.Continuations.Count(c => c.Length > 0))];
        (int Request, int Continuation)[] all = [.. requests.SelectMany(Asked)];
        Units = scoring.OneRequestAPrompt
            ? [.. all.GroupBy(a => requests[a.Request].Prompt, SameIds.Instance).Select(g => g.ToArray())]
            : [.. all.Select(a => new[] { a })];
    }

    /// <summary>The units: continuations of one prompt that are scored by one request, by their indices.</summary>
    public IReadOnlyList<(int Request, int Continuation)[]> Units { get; }

    /// <summary>Answers requests without any token to score.</summary>
    public void AnswerEmpty(Action<int, IReadOnlyList<ContinuationScore>> answered)
    {
        for (int i = 0; i < requests.Count; i++)
        {
            Array.Fill(scores[i], new ContinuationScore(0, true, 0));
            if (open[i] == 0)
            {
                answered(i, scores[i]);
            }
        }
    }

    /// <summary>Sends the request of one unit.</summary>
    public Task<ContinuationScore[]> Ask(int unit, CancellationToken cancellation)
    {
        (int Request, int Continuation)[] asked = Units[unit];
        return RequestException.Of(
            asked[0].Request,
            scoring.Score(
                requests[asked[0].Request].Prompt,
                [.. asked.Select(a => requests[a.Request].Continuations[a.Continuation])],
                cancellation
            )
        );
    }

    /// <summary>Stores the scores of one unit and reports every score request that is now complete.</summary>
    public void Take(int unit, ContinuationScore[] arrived, Action<int, IReadOnlyList<ContinuationScore>> answered)
    {
        for (int i = 0; i < arrived.Length; i++)
        {
            (int request, int continuation) = Units[unit][i];
            scores[request][continuation] = arrived[i];
            if (--open[request] == 0)
            {
                answered(request, scores[request]);
            }
        }
    }

    private IEnumerable<(int Request, int Continuation)> Asked(ScoreRequest request, int index)
    {
        for (int c = 0; c < request.Continuations.Count; c++)
        {
            if (request.Continuations[c].Length == 0)
            {
                continue;
            }

            if (scoring.Objection(request.Prompt, request.Continuations[c]) is { } objection)
            {
                throw new RequestException(index, new InputException(objection));
            }

            yield return (index, c);
        }
    }

    private sealed class SameIds : IEqualityComparer<int[]>
    {
        public static readonly SameIds Instance = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] ids)
        {
            HashCode hash = new();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(ids.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
