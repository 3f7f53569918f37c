using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>The route <c>completions</c> of a server, with the fields that the server accepts.</summary>
/// <param name="form">Whether prompts are sent as ids or as text.</param>
/// <param name="namesIds">Whether the server accepts <c>return_tokens_as_token_ids</c> (it may ignore it).</param>
/// <param name="values">Whether the server accepts <c>logprobs</c>.</param>
internal sealed class Completions(Server server, PromptForm form, bool namesIds, bool values)
{
    /// <summary>Whether prompts are sent as ids or as text.</summary>
    public PromptForm Form => form;

    /// <summary>Whether replies come with log-probabilities.</summary>
    public bool HasValues => values;

    /// <summary>Returns a prompt in the form that the server accepts.</summary>
    public JsonNode Prompt(int[] ids) =>
        form == PromptForm.Ids ? Server.Array(ids) : JsonValue.Create(server.Tokens.Text(ids));

    /// <summary>Returns why ids cannot be sent in this form; null if they can.</summary>
    public string? Objection(int[] ids) =>
        form == PromptForm.Ids || server.Tokens.IsText(ids) ? null : ServedTokens.NoText;

    /// <summary>Requests one completion.</summary>
    /// <param name="logprobs">The number of most likely tokens to report at each place; null: none, and no
    /// log-probabilities.</param>
    /// <param name="more">Additional fields.</param>
    /// <exception cref="ReplyException">The reply does not have exactly one completion.</exception>
    public async Task<CompletionReply.Choice> Ask(
        JsonNode prompt,
        int maxTokens,
        int? logprobs,
        JsonObject? more,
        CancellationToken cancellation
    )
    {
        JsonObject body = new()
        {
            ["model"] = server.Served,
            ["prompt"] = prompt,
            ["max_tokens"] = maxTokens,
            ["temperature"] = 0,
        };
        if (values && logprobs is { } top)
        {
            body["logprobs"] = top;
            if (namesIds)
            {
                body["return_tokens_as_token_ids"] = true;
            }
        }

        Server.Add(body, more);
        CompletionReply reply = await server.Ask("completions", body, ServerJson.Default.CompletionReply, cancellation);
        server.Usage.Count(reply.Usage);
        if (reply.Choices is not [{ } choice])
        {
            throw new ReplyException($"{server} gave {reply.Choices?.Count ?? 0} completions for one prompt");
        }

        return choice.Logprobs?.Tokens?.Contains(null!) == true
            ? throw new ReplyException($"{server} gave null as the name of a token")
            : choice;
    }

    /// <summary>Finds out by small requests which of the given forms and which fields the server accepts; returns null
    /// if the server does not have the route.</summary>
    /// <exception cref="InputException">The server accepts none of the forms.</exception>
    public static async Task<Completions?> Find(
        Server server,
        IReadOnlyList<PromptForm> forms,
        CancellationToken cancellation
    )
    {
        ServerRefusal? last = null;
        foreach (PromptForm form in forms)
        {
            foreach ((bool namesIds, bool values) in ((bool, bool)[])[(true, true), (false, true), (false, false)])
            {
                try
                {
                    Completions completions = new(server, form, namesIds, values);
                    await completions.Ask(ProbePrompts.Prompt(server, form, 0), 1, 1, null, cancellation);
                    return completions;
                }
                catch (ServerRefusal e) when (e.IsNoRouteOf(server.Served))
                {
                    return null;
                }
                catch (ServerRefusal e) when (e.IsNotTaken && !e.IsNoRoute)
                {
                    last = e;
                }
            }
        }

        throw new InputException(
            forms is [PromptForm.Ids] && !server.Tokens.AreKnown
                ? $"{server} takes no token ids ({last!.Said}); "
                    + "it may take texts, for which the model's tokenizer must be named"
                : last!.Message,
            last
        );
    }
}
