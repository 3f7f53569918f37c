using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Log-likelihoods of llama-server: a grammar forces it to generate the continuation, and it reports the
/// log-probabilities from before the grammar was applied.</summary>
/// <remarks>A grammar cannot force special tokens and parts of characters. For these the log-probabilities of the whole
/// vocabulary are requested.</remarks>
/// <param name="plain">A token that a bias can force: neither special nor a part of a character.</param>
internal sealed class ForcedScoring(Server server, int plain) : IScoring
{
    /// <inheritdoc/>
    public string Name => "forced continuations";

    /// <inheritdoc/>
    public bool OneRequestAPrompt => false;

    /// <inheritdoc/>
    public string? Objection(int[] prompt, int[] continuation) =>
        server.Facts.VocabularySize is null && continuation.Any(id => !server.Tokens.CanBeForced(id))
            ? $"{server} does not tell the size of its vocabulary, "
                + "without which special tokens and parts of characters have no values"
            : null;

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
            scores[i] = TokenValue.Sum(await Values(prompt, continuations[i], cancellation));
        }

        return scores;
    }

    private async Task<List<TokenValue>> Values(int[] prompt, int[] continuation, CancellationToken cancellation)
    {
        List<TokenValue> values = [];
        while (values.Count < continuation.Length)
        {
            int[] before = [.. prompt, .. continuation[..values.Count]];
            int[] run = [.. continuation[values.Count..].TakeWhile(server.Tokens.CanBeForced)];
            values.AddRange(
                run.Length > 0
                    ? await Forced(before, run, cancellation)
                    : [await OfAll(before, continuation[values.Count], cancellation)]
            );
        }

        return values;
    }

    private async Task<List<TokenValue>> Forced(int[] prompt, int[] run, CancellationToken cancellation)
    {
        string grammar = "root ::= " + string.Join(' ', run.Select(id => $"<[{id}]>"));
        try
        {
            IReadOnlyList<TokenReply> places = await Ask(
                prompt,
                run.Length,
                new JsonObject { ["n_probs"] = 1, ["grammar"] = grammar },
                cancellation
            );
            return [.. run.Select((id, i) => At(places[i], id))];
        }
        catch (ServerRefusal e) when (e.Said.Contains("grammar", StringComparison.OrdinalIgnoreCase) && run.Length > 0)
        {
            // Without a tokenizer, only a failed request shows which token cannot be forced.
            List<TokenValue> values = [];
            foreach (int id in run)
            {
                values.Add(await OfAll([.. prompt, .. run[..values.Count]], id, cancellation));
            }

            return values;
        }
    }

    private async Task<TokenValue> OfAll(int[] prompt, int id, CancellationToken cancellation)
    {
        int size =
            server.Facts.VocabularySize
            ?? throw new ReplyException($"{server} does not tell the size of its vocabulary");
        JsonObject more = new()
        {
            ["n_probs"] = size,
            ["logit_bias"] = new JsonArray(new JsonArray(JsonValue.Create(plain), JsonValue.Create(1000))),
        };
        TokenReply place = (await Ask(prompt, 1, more, cancellation))[0];
        IReadOnlyList<TokenReply> all = place.TopLogprobs ?? [];
        TokenReply given =
            all.FirstOrDefault(t => t?.Id == id) ?? throw new ReplyException($"{server} gave no value for token {id}");
        return At(given with { TopLogprobs = all }, id);
    }

    private async Task<IReadOnlyList<TokenReply>> Ask(
        int[] prompt,
        int tokens,
        JsonObject more,
        CancellationToken cancellation
    )
    {
        JsonObject body = new()
        {
            ["prompt"] = Server.Array(prompt),
            ["n_predict"] = tokens,
            ["temperature"] = 0,
            ["cache_prompt"] = true,
        };
        Server.Add(body, more);
        LlamaReply reply = await server.AskOwnRoute("completion", body, ServerJson.Default.LlamaReply, cancellation);
        server.Usage.Count(reply.TokensEvaluated, reply.TokensPredicted);
        return reply.CompletionProbabilities is { } places && places.Count == tokens && reply.Truncated != true
            ? places
            : throw new ReplyException(
                $"{server} gave values of {reply.CompletionProbabilities?.Count ?? 0} tokens for {tokens}"
            );
    }

    private TokenValue At(TokenReply? place, int id)
    {
        if (place?.Id != id)
        {
            throw new ReplyException($"{server} gave a value of token {place?.Id} for token {id}");
        }

        double value = server.Value(place.Logprob);
        return place.TopLogprobs is { Count: > 0 } top
            ? new TokenValue(value, top.All(t => !(t?.Logprob > value)))
            : throw new ReplyException($"{server} did not give the most likely token beside token {id}");
    }
}
