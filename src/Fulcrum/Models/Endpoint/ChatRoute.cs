using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Fulcrum.Models.Endpoint;

/// <summary>Answers conversations by the route <c>chat/completions</c> of OpenAI's protocol.</summary>
/// <remarks>A vendor's package is not used: it would drop fields of messages that it does not know, and its retries,
/// limits and treatment of the key would differ from those of the other routes.</remarks>
internal sealed class ChatRoute(Server server)
{
    // Newer models of OpenAI refuse max_tokens, and many other servers ignore max_completion_tokens.
    private volatile string limit = "max_tokens";

    /// <summary>Answers a conversation.</summary>
    public async Task<ChatResponse> Answer(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellation
    )
    {
        JsonObject body = new() { ["model"] = server.Served, ["messages"] = MessagesOf(messages) };
        Add(body, "temperature", options?.Temperature);
        Add(body, "top_p", options?.TopP);
        Add(body, "top_k", options?.TopK);
        Add(body, "seed", options?.Seed);
        if (options?.StopSequences is { } stops)
        {
            body["stop"] = new JsonArray([.. stops.Select(s => JsonValue.Create(s))]);
        }

        return Read(await Ask(body, options?.MaxOutputTokens, cancellation));
    }

    /// <summary>Messages as JSON, with all fields if they came as JSON.</summary>
    public static JsonArray MessagesOf(IEnumerable<ChatMessage> messages) =>
        [
            .. messages.Select(m =>
                m.RawRepresentation is JsonObject whole
                    ? whole.DeepClone()
                    : new JsonObject { ["role"] = m.Role.Value, ["content"] = m.Text }
            ),
        ];

    private async Task<ChatReply> Ask(JsonObject body, int? maxTokens, CancellationToken cancellation)
    {
        string name = limit;
        Add(body, name, maxTokens);
        try
        {
            return await server.Ask("chat/completions", body, ServerJson.Default.ChatReply, cancellation);
        }
        catch (ServerRefusal e)
            when (name == "max_tokens" && e.Said.Contains("max_completion_tokens", StringComparison.Ordinal))
        {
            limit = "max_completion_tokens";
            body.Remove(name);
            return await Ask(body, maxTokens, cancellation);
        }
    }

    private ChatResponse Read(ChatReply reply) =>
        reply.Choices is [{ Message: { } said } choice]
            ? new ChatResponse(new ChatMessage(ChatRole.Assistant, said.Content ?? ""))
            {
                FinishReason = choice.FinishReason is { Length: > 0 } word ? new ChatFinishReason(word) : null,
                Usage = new UsageDetails
                {
                    InputTokenCount = reply.Usage?.PromptTokens,
                    OutputTokenCount = reply.Usage?.CompletionTokens,
                },
            }
            : throw new ReplyException($"{server} gave {reply.Choices?.Count ?? 0} answers to one conversation");

    private static void Add<T>(JsonObject body, string name, T? value)
        where T : struct
    {
        if (value is { } given)
        {
            body[name] = JsonValue.Create(given);
        }
    }
}
