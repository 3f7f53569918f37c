namespace Fulcrum.Models.Endpoint;

/// <summary>A way to the log-likelihoods of given tokens.</summary>
internal interface IScoring
{
    /// <summary>Its name in the protocol.</summary>
    string Name { get; }

    /// <summary>One request answers for all continuations of a prompt.</summary>
    bool OneRequestAPrompt { get; }

    /// <summary>Says why a continuation cannot be scored in this way; null where it can.</summary>
    string? Objection(int[] prompt, int[] continuation);

    /// <summary>Scores continuations of one prompt; none of them is empty.</summary>
    /// <exception cref="ReplyException">The reply is not about the tokens that were sent, or has no finite
    /// values.</exception>
    Task<ContinuationScore[]> Score(int[] prompt, IReadOnlyList<int[]> continuations, CancellationToken cancellation);
}

/// <summary>The value of one given token.</summary>
/// <param name="LogProbability">Natural logarithm.</param>
/// <param name="IsTop">No other token is more likely.</param>
internal readonly record struct TokenValue(double LogProbability, bool IsTop)
{
    /// <summary>The score of a continuation of these tokens; summed in their order.</summary>
    public static ContinuationScore Sum(IReadOnlyList<TokenValue> tokens) =>
        new(tokens.Sum(t => t.LogProbability), tokens.All(t => t.IsTop), tokens.Count);
}
