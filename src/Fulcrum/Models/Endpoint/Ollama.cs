using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Fulcrum.Models.Endpoint;

/// <summary>Ollama by its own routes, which know more than those under <c>/v1</c>: texts without a template, a refusal
/// instead of a shortened prompt, no thoughts.</summary>
internal sealed class Ollama(Server server) : IWriter
{
    // A model that is loaded anew costs minutes.
    private const string KeepAlive = "1h";

    /// <summary>What Ollama says of a model.</summary>
    /// <exception cref="InputException">It does not hold the model.</exception>
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
                connection.Address.Beside("api/show"),
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

        JsonObject options = Decoded.Fields(server, limits);
        options["num_predict"] = limits.MaxTokens;
        options.TryAdd("temperature", 0);
        options.TryAdd("seed", 0);
        JsonObject body = Body(options);
        body["prompt"] = text;
        body["raw"] = true;
        OllamaAnswerReply reply = await Ask("api/generate", body, cancellation);
        server.Usage.Count(reply.PromptEvalCount, reply.EvalCount);
        string written = reply.Response ?? throw new ReplyException($"{server} gave a completion without text");
        return Decoded.Cut(new WrittenText(written, null, null, Decoded.Finish(server, reply.DoneReason)), limits);
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

    // Without the two refusals a prompt longer than the context is shortened, and answered as if nothing had happened.
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
        OllamaAnswerReply reply = await server.AskBeside(
            route,
            body,
            ServerJson.Default.OllamaAnswerReply,
            cancellation
        );
        return reply.Done ? reply : throw new ReplyException($"{server} stopped in the middle of an answer");
    }
}
