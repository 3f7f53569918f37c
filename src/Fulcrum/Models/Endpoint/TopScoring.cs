namespace Fulcrum.Models.Endpoint;

/// <summary>Log-likelihoods of continuations of one token, from the list of most likely next tokens. Used if a server
/// reports no log-probabilities of prompt tokens.</summary>
/// <param name="top">The largest number of tokens that the server lists.</param>
internal sealed class TopScoring(Server server, Completions completions, int top) : IScoring
{
    /// <inheritdoc/>
    public string Name => $"top {top} next tokens after {completions.Form}";

    /// <inheritdoc/>
    public bool OneRequestAPrompt => true;

    /// <inheritdoc/>
    public string? Objection(int[] prompt, int[] continuation) =>
        continuation.Length <= 1
            ? completions.Objection(prompt)
            : $"the continuation has {continuation.Length} tokens, and {server} "
                + $"gives log-probabilities only of the {top} most likely next tokens";

    /// <inheritdoc/>
    public async Task<ContinuationScore[]> Score(
        int[] prompt,
        IReadOnlyList<int[]> continuations,
        CancellationToken cancellation
    )
    {
        CompletionReply.Choice choice = await completions.Ask(
            completions.Prompt(prompt),
            maxTokens: 1,
            logprobs: top,
            null,
            cancellation
        );
        return choice.Logprobs?.TopLogprobs is [{ Count: > 0 } next, ..]
            ? [.. continuations.Select(c => Among(next, c[0]))]
            : throw new ReplyException($"{server} gave no log-probabilities of the next token");
    }

    private ContinuationScore Among(Dictionary<string, double> next, int id)
    {
        double[] fitting = [.. next.Where(t => server.Tokens.Fits(t.Key, id)).Select(t => t.Value)];
        return fitting switch
        {
            [double value] => new ContinuationScore(server.Value(value), next.Values.All(other => other <= value), 1),
            [] => throw new InputException(
                $"token {id} is not among the {next.Count} most likely next tokens, and {server} lists no others"
            ),
            _ => throw new ReplyException($"{server} names {fitting.Length} tokens that may be token {id}"),
        };
    }
}
