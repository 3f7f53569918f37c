namespace Fulcrum.Models.Endpoint;

/// <summary>A method of getting the log-likelihoods of given tokens from a server.</summary>
internal interface IScoring
{
    /// <summary>Its name in the protocol.</summary>
    string Name { get; }

    /// <summary>Whether one request scores all continuations of a prompt.</summary>
    bool OneRequestAPrompt { get; }

    /// <summary>Returns why a continuation cannot be scored by this method; null if it can.</summary>
    string? Objection(int[] prompt, int[] continuation);

    /// <summary>Scores continuations of one prompt. None of them may be empty.</summary>
    /// <exception cref="ReplyException">The reply is not about the tokens that were sent, or has no finite
    /// values.</exception>
    Task<ContinuationScore[]> Score(int[] prompt, IReadOnlyList<int[]> continuations, CancellationToken cancellation);
}

/// <summary>The log-probability of one given token.</summary>
/// <param name="LogProbability">Natural logarithm.</param>
/// <param name="IsTop">Whether no other token is more likely at this place.</param>
internal readonly record struct TokenValue(double LogProbability, bool IsTop)
{
    /// <summary>Returns the score of a continuation of these tokens.</summary>
    public static ContinuationScore Sum(IReadOnlyList<TokenValue> tokens) =>
        new(tokens.Sum(t => t.LogProbability), tokens.All(t => t.IsTop), tokens.Count);
}
