using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Finds the method of getting completions of prompts in one form. It is verified by one small
/// request.</summary>
internal static class WritingProbe
{
    private static readonly WritingLimits OneToken = new(1, [], null);

    /// <summary>Returns the method.</summary>
    /// <exception cref="InputException">The server does not accept prompts of this form.</exception>
    public static async Task<IWriter> Find(Server server, PromptForm form, CancellationToken cancellation)
    {
        IWriter? writer = (server.Facts.Software, form) switch
        {
            (ServerSoftware.Ollama, PromptForm.Ids) => throw new InputException(
                $"{server} is Ollama, which takes texts and messages, no token ids"
            ),
            (ServerSoftware.Ollama, PromptForm.Text) => new Ollama(server),
            (ServerSoftware.Ollama, _) => new ChatWriter(server, new ServerChat(new Ollama(server).Answer)),
            (_, PromptForm.Messages) => new ChatWriter(server, new ServerChat(new ChatRoute(server).Answer)),
            (ServerSoftware.LlamaServer, _) => new LlamaWriter(server),
            _ => await Completing(server, form, cancellation),
        };
        await Try(server, writer, form, cancellation);
        return writer;
    }

    private static async Task<IWriter> Completing(Server server, PromptForm form, CancellationToken cancellation)
    {
        IReadOnlyList<PromptForm> forms =
            form == PromptForm.Text ? [PromptForm.Text]
            : server.Tokens.AreKnown ? [PromptForm.Ids, PromptForm.Text]
            : [PromptForm.Ids];
        return await Completions.Find(server, forms, cancellation) is { } completions
            ? new CompletionsWriter(server, completions)
            : throw new InputException(
                $"{server} answers messages only, and the prompts are "
                    + (
                        form == PromptForm.Ids
                            ? "token ids. With a tokenizer conversations become token ids here; without one the "
                                + "server renders them"
                            : "texts"
                    )
            );
    }

    private static async Task Try(Server server, IWriter writer, PromptForm form, CancellationToken cancellation)
    {
        ServerPrompt prompt = form switch
        {
            PromptForm.Ids => new ServerPrompt.OfIds(ProbePrompts.Ids(server, 0)),
            PromptForm.Text => new ServerPrompt.OfText(ProbePrompts.Text(0)),
            _ => new ServerPrompt.OfMessages([
                new JsonObject { ["role"] = "user", ["content"] = ProbePrompts.Text(0) },
            ]),
        };
        try
        {
            await writer.Write(prompt, OneToken, cancellation);
        }
        catch (ServerRefusal e) when (e.IsNoRouteOf(server.Served))
        {
            throw new InputException(
                $"{server} has no route for {(form == PromptForm.Messages ? "messages" : "prompts")}",
                e
            );
        }
    }
}
