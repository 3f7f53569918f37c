using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>What a server makes of a prompt before its model reads it, as far as the server tells.</summary>
/// <param name="Text">The rendered text; null: not told.</param>
/// <param name="Ids">The token ids; null: not told.</param>
/// <param name="Count">The number of tokens; null: not told.</param>
internal sealed record ServedPrompt(string? Text = null, IReadOnlyList<int>? Ids = null, long? Count = null);

/// <summary>Asks a server what it makes of conversations and texts: by the routes that show it, otherwise by the number
/// of prompt tokens that it counts.</summary>
internal sealed class ServedPrompts(Server server)
{
    /// <summary>Returns what the server's chat template makes of a conversation; null: nothing is told.</summary>
    public async Task<ServedPrompt?> OfMessages(JsonArray messages, CancellationToken cancellation) =>
        server.Facts.Software switch
        {
            ServerSoftware.LlamaServer => await Tried(() => Applied(messages, cancellation)),
            ServerSoftware.Vllm => await Tried(() => Tokens(Conversation(messages), cancellation)),
            ServerSoftware.Ollama => await Tried(() => Ollama(messages, cancellation)),
            _ => null,
        } ?? await Tried(() => Counted("chat/completions", "messages", messages, cancellation));

    /// <summary>Returns what the server makes of a text without a template; null: nothing is told.</summary>
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

    /// <summary>Returns the context length that the server uses, in tokens; null: it is not told.</summary>
    public async Task<int?> ContextLength(CancellationToken cancellation)
    {
        if (server.Facts.Software != ServerSoftware.Ollama)
        {
            return server.Facts.ContextLength;
        }

        OllamaLoadedReply? loaded = await server.Connection.Read(
            server.Connection.Address.Beside("api/ps"),
            ServerJson.Default.OllamaLoadedReply,
            cancellation
        );
        return loaded
            ?.Models?.FirstOrDefault(m => m.Name == server.Served || m.Name == server.Served + ":latest")
            ?.ContextLength;
    }

    // A server without the route, or with a reply of another shape, tells nothing.
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
        AppliedTemplateReply reply = await server.AskBeside(
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
        TokenizeReply reply = await server.AskBeside("tokenize", body, ServerJson.Default.TokenizeReply, cancellation);
        return reply.Tokens is { Count: > 0 } ids ? new ServedPrompt(Ids: ids) : null;
    }

    // Newer versions render without answering; older ones answer, and count the tokens of the prompt.
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
        OllamaAnswerReply reply = await server.AskBeside(
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
