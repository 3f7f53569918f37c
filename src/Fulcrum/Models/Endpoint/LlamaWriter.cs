using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Completes prompts by llama-server's own route, which reports token ids.</summary>
internal sealed class LlamaWriter(Server server) : IWriter
{
    /// <inheritdoc/>
    public async Task<WrittenText> Write(ServerPrompt prompt, WritingLimits limits, CancellationToken cancellation)
    {
        JsonObject body = new()
        {
            ["prompt"] = prompt switch
            {
                ServerPrompt.OfIds ids => Server.Array(ids.Ids),
                ServerPrompt.OfText text => JsonValue.Create(text.Text),
                _ => throw new InputException($"{server} completes texts; messages need a chat template"),
            },
            ["n_predict"] = limits.MaxTokens,
            ["n_probs"] = 1,
            ["temperature"] = 0,
            ["cache_prompt"] = true,
            ["return_tokens"] = true,
        };
        Server.Add(body, CompletionRules.Fields(server, limits));
        LlamaReply reply = await server.AskOwnRoute("completion", body, ServerJson.Default.LlamaReply, cancellation);
        server.Usage.Count(reply.TokensEvaluated, reply.TokensPredicted);
        if (reply.Content is null || reply.Truncated == true)
        {
            throw new ReplyException($"{server} gave a completion without text, or of a shortened prompt");
        }

        return CompletionRules.Cut(
            new WrittenText(reply.Content, reply.Tokens, Values(reply), CompletionRules.Finish(server, reply.StopType)),
            limits
        );
    }

    // llama-server omits log-probabilities of a completion that ends inside a character.
    private double[]? Values(LlamaReply reply) =>
        reply.CompletionProbabilities is { } places
        && reply.Tokens is { } ids
        && places.Count >= ids.Count
        && places.Take(ids.Count).Select(p => p?.Id).SequenceEqual(ids.Select(id => (int?)id))
            ? [.. places.Take(ids.Count).Select(p => server.Value(p.Logprob))]
            : null;
}
