using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Log-probabilities of given tokens by <c>echo</c> and <c>logprobs</c>: the server repeats the prompt with
/// the log-probability of every token except the first.</summary>
internal sealed class EchoValues(Server server, Completions completions)
{
    /// <summary>Returns the log-probabilities of the tokens from an index on, at least 1.</summary>
    /// <exception cref="ReplyException">The reply is not about these tokens, or has no finite values.</exception>
    public async Task<TokenValue[]> Of(int[] ids, int from, CancellationToken cancellation)
    {
        // One new token is requested if the context allows it. With 0, some servers generate until the context is full.
        int room = server.Facts.ContextLength is { } most && ids.Length >= most ? 0 : 1;
        CompletionReply.Choice choice = await completions.Ask(
            completions.Prompt(ids),
            room,
            logprobs: 1,
            new JsonObject { ["echo"] = true },
            cancellation
        );
        TokenLists lists = choice.Logprobs ?? throw Ignored();
        if (lists.Tokens is not { } names || lists.TokenLogprobs is not { } values || names.Count <= 1)
        {
            throw Ignored();
        }

        return Checked(ids, names, values, lists.TopLogprobs)[from..];
    }

    // The lists may lack a special token that the server put in front, and may have one new token at the end.
    private TokenValue[] Checked(
        int[] ids,
        IReadOnlyList<string> names,
        IReadOnlyList<double?> values,
        IReadOnlyList<Dictionary<string, double>?>? tops
    )
    {
        int hidden = ids.Length > 1 && !server.Tokens.Fits(names[0], ids[0]) && names.Count < ids.Length + 1 ? 1 : 0;
        int shown = ids.Length - hidden;
        if (names.Count < shown || names.Count > shown + 1 || values.Count != names.Count || tops?.Count != names.Count)
        {
            throw new ReplyException(
                $"{server} echoed {names.Count} tokens with {values.Count} log-probabilities for {ids.Length} tokens"
            );
        }

        TokenValue[] checkedValues = new TokenValue[ids.Length];
        for (int i = 0; i < shown; i++)
        {
            if (!server.Tokens.Fits(names[i], ids[i + hidden]))
            {
                throw new ReplyException(
                    $"{server} echoed other tokens than were sent: "
                        + $"'{Printable.Excerpt(names[i], 40)}' in place {i} for token {ids[i + hidden]}"
                );
            }

            if (i > 0)
            {
                double value = server.Value(values[i]);
                checkedValues[i + hidden] = new TokenValue(value, tops[i]?.Values.All(top => top <= value) ?? false);
            }
        }

        return checkedValues;
    }

    private ReplyException Ignored() =>
        new($"{server} does not give the log-probabilities of a prompt") { IsIgnored = true };
}
