using System.Globalization;
using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Log-probabilities of given tokens by <c>prompt_logprobs</c> (vLLM), which reports them by token
/// id.</summary>
internal sealed class PromptValues(Server server, Completions completions)
{
    /// <summary>Returns the log-probabilities of the tokens from an index on, at least 1.</summary>
    /// <exception cref="ReplyException">The reply is not about these tokens, or has no finite values.</exception>
    public async Task<TokenValue[]> Of(int[] ids, int from, CancellationToken cancellation)
    {
        CompletionReply.Choice choice = await completions.Ask(
            completions.Prompt(ids),
            maxTokens: 1,
            logprobs: null,
            new JsonObject { ["prompt_logprobs"] = 1 },
            cancellation
        );
        if (choice.PromptLogprobs is not { Count: > 0 } places)
        {
            throw new ReplyException($"{server} does not give the log-probabilities of a prompt") { IsIgnored = true };
        }

        return places.Count == ids.Length
            ? [.. Enumerable.Range(from, ids.Length - from).Select(i => At(places[i], ids[i]))]
            : throw new ReplyException($"{server} gave values of {places.Count} tokens for {ids.Length}");
    }

    private TokenValue At(Dictionary<string, CompletionReply.Ranked>? place, int id)
    {
        if (place?.GetValueOrDefault(id.ToString(CultureInfo.InvariantCulture)) is not { } given)
        {
            throw new ReplyException($"{server} gave no value for token {id}");
        }

        double value = server.Value(given.Logprob);
        return new TokenValue(value, place.Values.All(other => !(other?.Logprob > value)));
    }
}
