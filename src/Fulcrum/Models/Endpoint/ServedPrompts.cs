using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>The prompt that a server's model reads, as far as the server reports it.</summary>
/// <param name="Text">The rendered text; null: not reported.</param>
/// <param name="Ids">The token ids; null: not reported.</param>
/// <param name="Count">The number of tokens; null: not reported.</param>
internal sealed record ServedPrompt(string? Text = null, IReadOnlyList<int>? Ids = null, long? Count = null);

/// <summary>Finds out how a server renders conversations and tokenises texts: by routes that report it, otherwise by
/// the number of prompt tokens that it counts.</summary>
internal sealed class ServedPrompts(Server server)
{
    /// <summary>Returns a conversation as the server's chat template renders it; null: not reported.</summary>
    public async Task<ServedPrompt?> OfMessages(JsonArray messages, CancellationToken cancellation) =>
        server.Facts.Software switch
        {
            ServerSoftware.LlamaServer => await Tried(() => Applied(messages, cancellation)),
            ServerSoftware.Vllm => await Tried(() => Tokens(Conversation(messages), cancellation)),
            ServerSoftware.Ollama => await Tried(() => Ollama(messages, cancellation)),
            _ => null,
        } ?? await Tried(() => Counted("chat/completions", "messages", messages, cancellation));

    /// <summary>Returns a text without a template as the server tokenises it; null: not reported.</summary>
    public async Task<ServedPrompt?> OfText(string text, CancellationToken cancellation) =>
        server.Facts.Software switch
        {
            ServerSoftware.LlamaServer => await Tried(() =>
                Tokens(new JsonObject { ["content"] = text, ["add_special"] = true }, cancellation)
            ),
            ServerSoftware.Vllm => await Tried(() =>
                Tokens(new JsonObject { ["model"] = server.Served, ["prompt"] = text }, cancellation)
            ),
            ServerSoftware.Ollama => null,
            _ => await Tried(() => Counted("completions", "prompt", text, cancellation)),
        };

    /// <summary>Returns the context length that the server uses, in tokens; null: not reported.</summary>
    public async Task<int?> ContextLength(CancellationToken cancellation)
    {
        if (server.Facts.Software != ServerSoftware.Ollama)
        {
            return server.Facts.ContextLength;
        }

        OllamaLoadedReply? loaded = await server.Connection.Read(
            server.Connection.Address.OwnRoute("api/ps"),
            ServerJson.Default.OllamaLoadedReply,
            cancellation
        );
        return loaded
            ?.Models?.FirstOrDefault(m => m.Name == server.Served || m.Name == server.Served + ":latest")
            ?.ContextLength;
    }

    // Returns null if the server does not have the route or replies in another shape.
    private static async Task<ServedPrompt?> Tried(Func<Task<ServedPrompt?>> ask)
    {
        try
        {
            return await ask();
        }
        catch (ServerRefusal e) when (e.IsNotTaken)
        {
            return null;
        }
        catch (ReplyException)
        {
            return null;
        }
    }

    private async Task<ServedPrompt?> Applied(JsonArray messages, CancellationToken cancellation)
    {
        JsonObject body = new() { ["messages"] = messages.DeepClone() };
        AppliedTemplateReply reply = await server.AskOwnRoute(
            "apply-template",
            body,
            ServerJson.Default.AppliedTemplateReply,
            cancellation
        );
        return reply.Prompt is { } text ? new ServedPrompt(Text: text) : null;
    }

    private JsonObject Conversation(JsonArray messages) =>
        new()
        {
            ["model"] = server.Served,
            ["messages"] = messages.DeepClone(),
            ["add_generation_prompt"] = true,
        };

    private async Task<ServedPrompt?> Tokens(JsonObject body, CancellationToken cancellation)
    {
        TokenizeReply reply = await server.AskOwnRoute(
            "tokenize",
            body,
            ServerJson.Default.TokenizeReply,
            cancellation
        );
        return reply.Tokens is { Count: > 0 } ids ? new ServedPrompt(Ids: ids) : null;
    }

    // Newer versions of Ollama can render without answering. Older ones answer and count the tokens of the prompt.
    private async Task<ServedPrompt?> Ollama(JsonArray messages, CancellationToken cancellation)
    {
        JsonObject body = new()
        {
            ["model"] = server.Served,
            ["messages"] = messages.DeepClone(),
            ["stream"] = false,
            ["truncate"] = false,
            ["shift"] = false,
            ["_debug_render_only"] = true,
            ["options"] = new JsonObject { ["num_predict"] = 1, ["temperature"] = 0 },
        };
        OllamaAnswerReply reply = await server.AskOwnRoute(
            "api/chat",
            body,
            ServerJson.Default.OllamaAnswerReply,
            cancellation
        );
        return reply.DebugInfo?.RenderedTemplate is { } text ? new ServedPrompt(Text: text)
            : reply.PromptEvalCount is { } count ? new ServedPrompt(Count: count)
            : null;
    }

    private async Task<ServedPrompt?> Counted(string route, string key, JsonNode prompt, CancellationToken cancellation)
    {
        JsonObject body = new()
        {
            ["model"] = server.Served,
            [key] = prompt.DeepClone(),
            ["max_tokens"] = 1,
            ["temperature"] = 0,
        };
        CountedReply reply = await server.Ask(route, body, ServerJson.Default.CountedReply, cancellation);
        return reply.Usage?.PromptTokens is { } count ? new ServedPrompt(Count: count) : null;
    }
}
