using System.Globalization;
using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Log-likelihoods by <c>prompt_logprobs</c>: values of prompt and continuation by token id.</summary>
internal sealed class PromptValuesScoring(Server server, Completions completions) : IScoring
{
    /// <inheritdoc/>
    public string Name => $"prompt values of {completions.Form}";

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
            scores[i] = await Score([.. prompt, .. continuations[i]], prompt.Length, cancellation);
        }

        return scores;
    }

    private async Task<ContinuationScore> Score(int[] ids, int from, CancellationToken cancellation)
    {
        CompletionReply.Choice choice = await completions.Ask(
            completions.Prompt(ids),
            maxTokens: 1,
            logprobs: null,
            new JsonObject { ["prompt_logprobs"] = 1 },
            cancellation
        );
        if (choice.PromptLogprobs is not { Count: > 0 } places)
        {
            throw new ReplyException($"{server} does not give the log-probabilities of a prompt") { IsIgnored = true };
        }

        return places.Count == ids.Length
            ? TokenValue.Sum([.. Enumerable.Range(from, ids.Length - from).Select(i => At(places[i], ids[i]))])
            : throw new ReplyException($"{server} gave values of {places.Count} tokens for {ids.Length}");
    }

    private TokenValue At(Dictionary<string, CompletionReply.Ranked>? place, int id)
    {
        if (place?.GetValueOrDefault(id.ToString(CultureInfo.InvariantCulture)) is not { } given)
        {
            throw new ReplyException($"{server} gave no value for token {id}");
        }

        double value = server.Value(given.Logprob);
        return new TokenValue(value, place.Values.All(other => !(other?.Logprob > value)));
    }
}
