using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Completions by the route <c>completions</c>.</summary>
internal sealed class CompletionsWriter(Server server, Completions completions) : IWriter
{
    /// <inheritdoc/>
    public async Task<WrittenText> Write(ServerPrompt prompt, WritingLimits limits, CancellationToken cancellation)
    {
        JsonNode sent = prompt switch
        {
            ServerPrompt.OfIds ids => completions.Prompt(ids.Ids),
            ServerPrompt.OfText text => JsonValue.Create(text.Text),
            _ => throw new InputException($"{server} completes texts; messages need a chat template"),
        };
        JsonObject more = CompletionRules.Fields(server, limits);
        if (server.Facts.Software == ServerSoftware.Vllm)
        {
            more["return_token_ids"] = true;
        }

        CompletionReply.Choice choice = await completions.Ask(sent, limits.MaxTokens, 1, more, cancellation);
        string written = choice.Text ?? throw new ReplyException($"{server} gave a completion without text");
        return CompletionRules.Cut(
            new WrittenText(written, Ids(choice), Values(choice), CompletionRules.Finish(server, choice.FinishReason)),
            limits
        );
    }

    private static IReadOnlyList<int>? Ids(CompletionReply.Choice choice) =>
        choice.TokenIds ?? (choice.Logprobs?.Tokens is { } names ? ServedTokens.IdsOf(names) : null);

    private double[]? Values(CompletionReply.Choice choice) =>
        choice.Logprobs is not { Tokens: { } names, TokenLogprobs: { } values } ? null
        : names.Count == values.Count ? [.. values.Select(server.Value)]
        : throw new ReplyException($"{server} gave {values.Count} log-probabilities for {names.Count} tokens");
}
