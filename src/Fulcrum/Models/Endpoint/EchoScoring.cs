using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Log-likelihoods by <c>echo</c> and <c>logprobs</c>: the server repeats prompt and continuation, with the
/// value of every token but the first.</summary>
internal sealed class EchoScoring(Server server, Completions completions) : IScoring
{
    /// <inheritdoc/>
    public string Name => $"echo of {completions.Form}";

    /// <inheritdoc/>
    public bool OneRequestAPrompt => false;

    /// <inheritdoc/>
    public string? Objection(int[] prompt, int[] continuation) => completions.Objection([.. prompt, .. continuation]);

    /// <inheritdoc/>
    public async Task<ContinuationScore[]> Score(
        int[] prompt,
        IReadOnlyList<int[]> continuations,
        CancellationToken cancellation
    )
    {
        ContinuationScore[] scores = new ContinuationScore[continuations.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            int[] all = [.. prompt, .. continuations[i]];
            TokenValue[] values = await Values(all, cancellation);
            scores[i] = TokenValue.Sum(values[^continuations[i].Length..]);
        }

        return scores;
    }

    // One new token where there is room: with none some servers write until the context is full.
    private async Task<TokenValue[]> Values(int[] ids, CancellationToken cancellation)
    {
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

        return Checked(ids, names, values, lists.TopLogprobs);
    }

    // The lists may leave out a special token that the server put in front, and may hold one new token at the end.
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
                        + $"'{Quoted.Line(names[i], 40)}' in place {i} for token {ids[i + hidden]}"
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
