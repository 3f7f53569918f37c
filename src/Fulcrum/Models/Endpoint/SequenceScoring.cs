namespace Fulcrum.Models.Endpoint;

/// <summary>Log-likelihoods from the log-probabilities of all tokens of prompt and continuation. It needs one request
/// per continuation.</summary>
/// <param name="name">Its name in the protocol.</param>
/// <param name="values">Returns the log-probabilities of the tokens of a sequence from an index on.</param>
internal sealed class SequenceScoring(
    string name,
    Completions completions,
    Func<int[], int, CancellationToken, Task<TokenValue[]>> values
) : IScoring
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool OneRequestAPrompt => false;

    /// <inheritdoc/>
    public string? Objection(int[] prompt, int[] continuation) => completions.Objection([.. prompt, .. continuation]);

    /// <inheritdoc/>
    public async Task<ContinuationScore[]> Score(
        int[] prompt,
        IReadOnlyList<int[]> continuations,
        CancellationToken cancellation
    )
    {
        ContinuationScore[] scores = new ContinuationScore[continuations.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            int[] ids = [.. prompt, .. continuations[i]];
            scores[i] = TokenValue.Sum(await values(ids, prompt.Length, cancellation));
        }

        return scores;
    }
}
