using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Fulcrum.Models.Endpoint;

/// <summary>Completes conversations by a chat client. The server applies the model's chat template.</summary>
internal sealed class ChatWriter(Server server, IChatClient client) : IWriter
{
    /// <inheritdoc/>
    public async Task<WrittenText> Write(ServerPrompt prompt, WritingLimits limits, CancellationToken cancellation)
    {
        if (prompt is not ServerPrompt.OfMessages { Messages: { } messages })
        {
            throw new InputException($"{server} answers messages only, not texts or token ids");
        }

        ChatResponse response = await client.GetResponseAsync(
            [.. messages.Select(m => MessageOf(m as JsonObject))],
            Options(limits),
            cancellation
        );
        server.Usage.Count(response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount);
        FinishReason finish = CompletionRules.Finish(server, response.FinishReason?.Value);
        return CompletionRules.Cut(new WrittenText(response.Text, null, null, finish), limits);
    }

    private static ChatOptions Options(WritingLimits limits) =>
        new()
        {
            MaxOutputTokens = limits.MaxTokens,
            Temperature = (float)(limits.Sampling?.Temperature ?? 0),
            TopP = limits.Sampling is { } sampling ? (float)sampling.TopP : null,
            TopK = limits.Sampling is { TopK: > 0 } topped ? topped.TopK : null,
            Seed = limits.Sampling?.Seed,
            StopSequences = limits.Stops.Count > 0 ? [.. limits.Stops.Take(4)] : null,
        };

    // The message is sent with all its fields. It may have more than a role and a text.
    private static ChatMessage MessageOf(JsonObject? message) =>
        message is not null && Text(message["role"]) is { Length: > 0 } role
            ? new ChatMessage(new ChatRole(role), Text(message["content"]) ?? "") { RawRepresentation = message }
            : throw new InputException("a message must be an object with a role");

    private static string? Text(JsonNode? node) => node is JsonValue v && v.TryGetValue(out string? text) ? text : null;
}
