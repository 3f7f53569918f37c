using System.Text.Json.Nodes;

namespace Fulcrum.Models.Endpoint;

/// <summary>What all servers share about how a completion is decoded and how it ends.</summary>
internal static class Decoded
{
    // OpenAI's protocol takes no more. Every text is looked for in the reply as well.
    private const int MostStops = 4;

    /// <summary>Stop texts and decoding as fields of a request. What a server would take from its own configuration is
    /// set, so that greedy decoding is greedy everywhere.</summary>
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

    /// <summary>The first stop texts, as many as every server takes.</summary>
    public static JsonArray Stops(WritingLimits limits) =>
        [.. limits.Stops.Take(MostStops).Select(s => JsonValue.Create(s))];

    /// <summary>What was written, cut before the first stop text. Where the server wrote on behind it, ids and values
    /// would be those of more than the text, so they are left out.</summary>
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

    /// <summary>Why a completion ended, from the word of a server.</summary>
    /// <exception cref="ReplyException">The word is none that counts as an end: a filter, an error.</exception>
    public static FinishReason Finish(Server server, string? word) =>
        word switch
        {
            "stop" or "eos" or "eos_token" or "word" or "stop_sequence" => FinishReason.Stop,
            "length" or "limit" => FinishReason.Length,
            _ => throw new ReplyException(
                $"{server} ended a completion with '{Quoted.Line(word ?? "nothing", 40)}', neither 'stop' nor 'length'"
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
