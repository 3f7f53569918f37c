using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>Decoding and end of completions, in the same way for all servers.</summary>
internal static class CompletionRules
{
    // OpenAI's protocol accepts no more. Cut looks for every stop text in the reply too.
    private const int MostStops = 4;

    /// <summary>Returns stop texts and decoding as fields of a request. A penalty that a server could take from its own
    /// configuration is set explicitly, so that greedy decoding is greedy on every server.</summary>
    /// <exception cref="InputException">The server cannot sample in this way.</exception>
    public static JsonObject Fields(Server server, WritingLimits limits)
    {
        JsonObject fields = [];
        if (limits.Stops.Count > 0)
        {
            fields["stop"] = Stops(limits);
        }

        string? penalty = server.Facts.Software switch
        {
            ServerSoftware.Vllm or ServerSoftware.Sglang => "repetition_penalty",
            ServerSoftware.LlamaServer or ServerSoftware.Ollama => "repeat_penalty",
            _ => null,
        };
        if (penalty is not null)
        {
            fields[penalty] = limits.Sampling?.RepetitionPenalty ?? 1;
        }

        return limits.Sampling is { } sampling ? Sampled(server, fields, sampling, penalty is not null) : fields;
    }

    /// <summary>Returns the first stop texts, as many as every server accepts.</summary>
    public static JsonArray Stops(WritingLimits limits) =>
        [.. limits.Stops.Take(MostStops).Select(s => JsonValue.Create(s))];

    /// <summary>Truncates a completion before its first stop text. Ids and log-likelihoods are then removed, because
    /// they would include tokens after the text.</summary>
    public static WrittenText Cut(WrittenText written, WritingLimits limits)
    {
        int[] found =
        [
            .. limits.Stops.Select(s => written.Text.IndexOf(s, StringComparison.Ordinal)).Where(at => at >= 0),
        ];
        return found.Length == 0
            ? written
            : written with
            {
                Text = written.Text[..found.Min()],
                Ids = null,
                LogLikelihoods = null,
                Finish = FinishReason.Stop,
            };
    }

    /// <summary>Returns why a completion ended, from the server's reason.</summary>
    /// <exception cref="ReplyException">The reason is neither the end nor the limit, for example a filter or an
    /// error.</exception>
    public static FinishReason Finish(Server server, string? word) =>
        word switch
        {
            "stop" or "eos" or "eos_token" or "word" or "stop_sequence" => FinishReason.Stop,
            "length" or "limit" => FinishReason.Length,
            _ => throw new ReplyException(
                $"{server} ended a completion with '{Printable.Excerpt(word ?? "nothing", 40)}', "
                    + "neither 'stop' nor 'length'"
            ),
        };

    private static JsonObject Sampled(Server server, JsonObject fields, Sampling sampling, bool knowsMore)
    {
        fields["temperature"] = sampling.Temperature;
        fields["top_p"] = sampling.TopP;
        fields["seed"] = sampling.Seed;
        if (knowsMore)
        {
            fields["top_k"] = sampling.TopK > 0 || server.Facts.Software != ServerSoftware.Vllm ? sampling.TopK : -1;
        }
        else if (sampling.TopK > 0 || sampling.RepetitionPenalty != 1)
        {
            throw new InputException($"{server} takes neither top k nor a repetition penalty");
        }

        return fields;
    }
}
