namespace Fulcrum.Models.Endpoint;

/// <summary>Counts requests and tokens, for the estimate of the cost of a measurement.</summary>
internal sealed class ServerUsage
{
    private long requests,
        prompt,
        completion;

    /// <summary>The number of replies.</summary>
    public long Requests => Interlocked.Read(ref requests);

    /// <summary>Tokens of prompts, as the server counted them.</summary>
    public long PromptTokens => Interlocked.Read(ref prompt);

    /// <summary>Tokens of completions, as the server counted them.</summary>
    public long CompletionTokens => Interlocked.Read(ref completion);

    internal void Count(UsageReply? usage) => Count(usage?.PromptTokens, usage?.CompletionTokens);

    internal void Count(long? promptTokens, long? completionTokens)
    {
        Interlocked.Increment(ref requests);
        Interlocked.Add(ref prompt, promptTokens ?? 0);
        Interlocked.Add(ref completion, completionTokens ?? 0);
    }
}
