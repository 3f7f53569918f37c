using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Fulcrum.Models.Endpoint;

/// <summary>Completes prompts by Ollama's own routes. Unlike those under <c>/v1</c> they accept texts without a
/// template, can refuse a prompt that is too long instead of truncating it, and can disable thinking.</summary>
internal sealed class Ollama(Server server) : IWriter
{
    // Loading a model again takes minutes, so it stays loaded between requests.
    private const string KeepAlive = "1h";

    /// <summary>Returns what Ollama reports about a model.</summary>
    /// <exception cref="InputException">Ollama does not have the model.</exception>
    public static async Task<ServerFacts> Facts(
        ServerConnection connection,
        string served,
        string[] names,
        CancellationToken cancellation
    )
    {
        OllamaShowReply show;
        try
        {
            show = await connection.Ask(
                connection.Address.OwnRoute("api/show"),
                new JsonObject { ["model"] = served },
                ServerJson.Default.OllamaShowReply,
                cancellation
            );
        }
        catch (ServerRefusal e) when (e.IsNoRoute)
        {
            throw Identification.NotServed(connection, served, names);
        }

        return new ServerFacts(
            ServerSoftware.Ollama,
            Listed: true,
            SystemPrompt: string.IsNullOrWhiteSpace(show.System) ? null : show.System,
            Thinks: show.Capabilities?.Contains("thinking") == true
        );
    }

    /// <summary>Completes a text without a chat template.</summary>
    public async Task<WrittenText> Write(ServerPrompt prompt, WritingLimits limits, CancellationToken cancellation)
    {
        if (prompt is not ServerPrompt.OfText { Text: { } text })
        {
            throw new InputException($"{server} is Ollama, which takes texts and messages, no token ids");
        }

        JsonObject options = CompletionRules.Fields(server, limits);
        options["num_predict"] = limits.MaxTokens;
        options.TryAdd("temperature", 0);
        options.TryAdd("seed", 0);
        JsonObject body = Body(options);
        body["prompt"] = text;
        body["raw"] = true;
        OllamaAnswerReply reply = await Ask("api/generate", body, cancellation);
        server.Usage.Count(reply.PromptEvalCount, reply.EvalCount);
        string written = reply.Response ?? throw new ReplyException($"{server} gave a completion without text");
        return CompletionRules.Cut(
            new WrittenText(written, null, null, CompletionRules.Finish(server, reply.DoneReason)),
            limits
        );
    }

    /// <summary>Answers a conversation.</summary>
    public async Task<ChatResponse> Answer(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellation
    )
    {
        JsonObject body = Body(OptionsOf(options));
        body["messages"] = ChatRoute.MessagesOf(messages);
        OllamaAnswerReply reply = await Ask("api/chat", body, cancellation);
        string said = reply.Message?.Content ?? throw new ReplyException($"{server} gave an answer without text");
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, said))
        {
            FinishReason = reply.DoneReason is { Length: > 0 } word ? new ChatFinishReason(word) : null,
            Usage = new UsageDetails { InputTokenCount = reply.PromptEvalCount, OutputTokenCount = reply.EvalCount },
        };
    }

    // truncate and shift are off, so that a prompt longer than the context is refused. By default Ollama truncates it
    // silently.
    private JsonObject Body(JsonObject options)
    {
        JsonObject body = new()
        {
            ["model"] = server.Served,
            ["stream"] = false,
            ["truncate"] = false,
            ["shift"] = false,
            ["keep_alive"] = KeepAlive,
            ["options"] = options,
        };
        if (server.Facts.Thinks)
        {
            body["think"] = false;
        }

        return body;
    }

    private static JsonObject OptionsOf(ChatOptions? options)
    {
        JsonObject chosen = new()
        {
            ["temperature"] = options?.Temperature ?? 0,
            ["seed"] = options?.Seed ?? 0,
            ["repeat_penalty"] = 1,
        };
        if (options?.MaxOutputTokens is { } most)
        {
            chosen["num_predict"] = most;
        }

        if (options?.TopP is { } p)
        {
            chosen["top_p"] = p;
        }

        if (options?.TopK is { } k)
        {
            chosen["top_k"] = k;
        }

        if (options?.StopSequences is { } stops)
        {
            chosen["stop"] = new JsonArray([.. stops.Select(s => JsonValue.Create(s))]);
        }

        return chosen;
    }

    private async Task<OllamaAnswerReply> Ask(string route, JsonObject body, CancellationToken cancellation)
    {
        OllamaAnswerReply reply = await server.AskOwnRoute(
            route,
            body,
            ServerJson.Default.OllamaAnswerReply,
            cancellation
        );
        return reply.Done ? reply : throw new ReplyException($"{server} stopped in the middle of an answer");
    }
}
