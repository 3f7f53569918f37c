using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Tokenization;

namespace Fulcrum.Tests.Endpoint;

/// <summary>A server inside the process: a scripted model of which every answer is known, in the dialect of one of the
/// real ones.</summary>
/// <remarks>Every token after every context has a log-probability that follows from the ids alone.</remarks>
internal sealed partial class FakeServer(FakeDialect dialect, Tokenizer? tokenizer = null) : HttpMessageHandler
{
    private const int Vocabulary = 2500;
    private const int End = 2;
    private const int Special = 2500;
    private int atWork;

    /// <summary>The server's name for the model.</summary>
    public const string Served = "served";

    /// <summary>Every request that arrived: path, body, the header with the key.</summary>
    public List<(string Path, JsonObject Body, string? Key)> Seen { get; } = [];

    /// <summary>What happens to the next requests instead of an answer; null lets one through.</summary>
    public Queue<Func<HttpResponseMessage>?> Troubles { get; } = new();

    /// <summary>Changes an answer before it leaves.</summary>
    public Action<string, JsonObject>? Spoil { get; set; }

    /// <summary>Waits before an answer leaves, so that answers overtake each other.</summary>
    public Func<int, Task>? Delay { get; set; }

    /// <summary>The chat template that the server applies where it shows what it renders.</summary>
    public Func<JsonArray, string>? Renders { get; set; }

    /// <summary>Tokens that the server puts before every text.</summary>
    public int[] Before { get; set; } = [];

    /// <summary>The most requests that were at work at the same time.</summary>
    public int MostAtWork { get; private set; }

    /// <summary>The log-probability of a token after a context.</summary>
    public static double LogProbability(IEnumerable<int> context, int token)
    {
        int[] favourites = Favourites(context);
        int place = Array.IndexOf(favourites, token);
        return place >= 0 ? -0.7 - (0.8 * place) : -10 - (Hash(context, token) % 8000 / 1000.0);
    }

    /// <summary>The log-likelihood of a continuation.</summary>
    public static double Score(int[] prompt, int[] continuation) =>
        continuation.Select((t, i) => LogProbability([.. prompt, .. continuation[..i]], t)).Sum();

    /// <summary>The greedy completion, without the end token.</summary>
    public static (int[] Ids, string Finish) Greedy(int[] prompt, int most)
    {
        List<int> written = [];
        while (written.Count < most)
        {
            int next = Favourites([.. prompt, .. written])[0];
            if (next == End)
            {
                return ([.. written], "stop");
            }

            written.Add(next);
        }

        return ([.. written], "length");
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        string sent = request.Content is null ? "{}" : await request.Content.ReadAsStringAsync(cancellationToken);
        string path = request.RequestUri!.AbsolutePath;
        Func<HttpResponseMessage>? trouble;
        int number;
        lock (Seen)
        {
            Seen.Add((path, (JsonObject)JsonNode.Parse(sent)!, request.Headers.Authorization?.ToString()));
            number = Seen.Count;
            MostAtWork = Math.Max(MostAtWork, ++atWork);
            trouble =
                request.Method == HttpMethod.Post && Troubles.TryDequeue(out Func<HttpResponseMessage>? next)
                    ? next
                    : null;
        }

        try
        {
            await (Delay?.Invoke(number) ?? Task.CompletedTask);
            return trouble?.Invoke()
                ?? Reply(HttpStatusCode.OK, Spoiled(path, Answer(path, (JsonObject)JsonNode.Parse(sent)!)));
        }
        catch (Refused e)
        {
            return Reply(
                e.Status,
                new JsonObject { ["error"] = new JsonObject { ["message"] = e.Message } }.ToJsonString()
            );
        }
        finally
        {
            lock (Seen)
            {
                atWork--;
            }
        }
    }

    /// <summary>A reply with a body.</summary>
    public static HttpResponseMessage Reply(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private string Spoiled(string path, JsonObject answer)
    {
        Spoil?.Invoke(path, answer);
        return answer.ToJsonString();
    }

    private JsonObject Answer(string path, JsonObject body) =>
        path switch
        {
            "/v1/models" => Models(),
            "/api/version" when dialect.Owner == "ollama" => new JsonObject { ["version"] = "0.33.0" },
            "/api/show" when dialect.Owner == "ollama" && (string?)body["model"] == Served => new JsonObject
            {
                ["system"] = dialect.System,
                ["capabilities"] = new JsonArray("completion", "thinking"),
            },
            "/v1/completions" when dialect.Completes => Completion(body),
            "/completion" when dialect.Owner == "llamacpp" => Llama(body),
            "/v1/chat/completions" when dialect.Chats => Chat(body),
            "/tokenize" when Renders is not null => Tokenized(body),
            "/apply-template" when Renders is not null && dialect.Owner == "llamacpp" => new JsonObject
            {
                ["prompt"] = Renders(body["messages"]!.AsArray()),
            },
            "/api/ps" when dialect.Owner == "ollama" => new JsonObject
            {
                ["models"] = new JsonArray(new JsonObject { ["name"] = Served, ["context_length"] = dialect.Context }),
            },
            "/api/chat" or "/api/generate" when dialect.Owner == "ollama" => Ollama(path, body),
            _ => throw new Refused(HttpStatusCode.NotFound, "no such route"),
        };

    private JsonObject Models()
    {
        JsonObject model = new() { ["id"] = Served, ["owned_by"] = dialect.Owner };
        if (dialect.Owner == "llamacpp")
        {
            model["meta"] = new JsonObject { ["n_ctx"] = dialect.Context, ["n_vocab"] = Vocabulary + 4 };
        }
        else if (dialect.Owner == "vllm")
        {
            model["max_model_len"] = dialect.Context;
        }

        return new JsonObject { ["data"] = new JsonArray(model) };
    }

    private JsonObject Completion(JsonObject body)
    {
        int[] prompt = Ids(body["prompt"]!);
        int? top = (int?)body["logprobs"];
        bool echo = (bool?)body["echo"] ?? false;
        if (echo && dialect.Echo == FakeEcho.Refused)
        {
            throw new Refused(HttpStatusCode.BadRequest, "echo is not supported");
        }

        if (top > dialect.Top)
        {
            throw new Refused(HttpStatusCode.BadRequest, $"logprobs is greater than max allowed: {dialect.Top}");
        }

        (int[] written, string finish) = Greedy(prompt, (int)body["max_tokens"]!);
        bool echoed = echo && dialect.Echo != FakeEcho.Ignored;
        int[] shown = echoed ? [.. prompt, .. written] : written;
        JsonObject choice = new() { ["text"] = Text(shown), ["finish_reason"] = finish };
        if (top is { } n)
        {
            bool named = dialect.NamesIds && ((bool?)body["return_tokens_as_token_ids"] ?? false);
            choice["logprobs"] =
                dialect.Owner == "llamacpp"
                    ? new JsonObject { ["content"] = Content(prompt, written, n) }
                    : Lists(shown, echoed ? [] : prompt, n, named);
        }

        if (dialect.PromptValues && body["prompt_logprobs"] is not null)
        {
            choice["prompt_logprobs"] = PromptValues(prompt);
        }

        return new JsonObject { ["choices"] = new JsonArray(choice), ["usage"] = Usage(prompt, written) };
    }

    private JsonObject Lists(int[] shown, int[] before, int top, bool named)
    {
        JsonArray tokens = [],
            values = [],
            tops = [];
        for (int i = 0; i < shown.Length; i++)
        {
            int[] context = [.. before, .. shown[..i]];
            bool moved = dialect.Echo == FakeEcho.OnePlaceOff && before.Length == 0;
            int[] conditioned = moved && i > 0 ? [.. context, shown[i]] : context;
            tokens.Add(Name(shown[i], named));
            values.Add(context.Length == 0 ? null : JsonValue.Create(LogProbability(conditioned, shown[i])));
            JsonObject likely = [];
            foreach (int id in Favourites(conditioned).Take(top).Append(shown[i]))
            {
                likely[Name(id, named)] = LogProbability(conditioned, id);
            }

            tops.Add(context.Length == 0 ? null : likely);
        }

        return new JsonObject
        {
            ["tokens"] = tokens,
            ["token_logprobs"] = values,
            ["top_logprobs"] = tops,
        };
    }

    private static JsonArray PromptValues(int[] prompt) =>
        [
            .. prompt.Select(
                (id, i) =>
                    i == 0
                        ? null
                        : new JsonObject
                        {
                            [$"{id}"] = new JsonObject { ["logprob"] = LogProbability(prompt[..i], id) },
                            [$"{Favourites(prompt[..i])[0]}"] = new JsonObject { ["logprob"] = -0.7 },
                        }
            ),
        ];

    private JsonArray Content(int[] prompt, int[] written, int top) =>
        [
            .. written.Select(
                (id, i) =>
                {
                    int[] context = [.. prompt, .. written[..i]];
                    IEnumerable<int> likely =
                        top > 100 ? Enumerable.Range(0, Vocabulary + 4) : Favourites(context).Take(top);
                    JsonObject place = Place(context, id);
                    place["top_logprobs"] = new JsonArray([.. likely.Select(other => Place(context, other))]);
                    return place;
                }
            ),
        ];

    private JsonObject Place(int[] context, int id) =>
        new()
        {
            ["id"] = id,
            ["token"] = Name(id, false),
            ["logprob"] = LogProbability(context, id),
        };

    private JsonObject Llama(JsonObject body)
    {
        int[] prompt = Ids(body["prompt"]!);
        int[] forced =
        [
            .. Forced()
                .Matches((string?)body["grammar"] ?? "")
                .Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];
        if (forced.Any(id => id >= Special || Name(id, false).Contains('\uFFFD')))
        {
            throw new Refused(HttpStatusCode.InternalServerError, "Unexpected empty grammar stack");
        }

        int[] biased = [.. (body["logit_bias"]?.AsArray() ?? []).Select(b => (int)b![0]!)];
        (int[] written, string finish) =
            forced.Length + biased.Length > 0
                ? ([.. forced, .. biased], "limit")
                : Greedy(prompt, (int)body["n_predict"]!);
        return new JsonObject
        {
            ["content"] = Text(written),
            ["tokens"] = new JsonArray([.. written.Select(id => JsonValue.Create(id))]),
            ["completion_probabilities"] = Content(prompt, written, (int)body["n_probs"]!),
            ["stop_type"] = finish == "stop" ? "eos" : "limit",
        };
    }

    private JsonObject Tokenized(JsonObject body)
    {
        int[] ids = body["messages"] is JsonArray messages
            ? tokenizer!.Encode(Renders!(messages))
            : [.. Before, .. tokenizer!.Encode((string)(body["prompt"] ?? body["content"])!)];
        return new JsonObject { ["tokens"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) };
    }

    private JsonObject Chat(JsonObject body)
    {
        if (dialect.NewLimit && body["max_tokens"] is not null)
        {
            throw new Refused(HttpStatusCode.BadRequest, "max_tokens is not supported, use max_completion_tokens");
        }

        string said = string.Join('|', body["messages"]!.AsArray().Select(m => m!.ToJsonString()));
        JsonObject choice = new()
        {
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = said },
            ["finish_reason"] = "stop",
        };
        int[] prompt = Renders is null ? [1] : tokenizer!.Encode(Renders(body["messages"]!.AsArray()));
        return new JsonObject { ["choices"] = new JsonArray(choice), ["usage"] = Usage(prompt, [2, 3]) };
    }

    private JsonObject Ollama(string path, JsonObject body)
    {
        string said = path == "/api/chat" ? body["messages"]!.ToJsonString() : (string)body["prompt"]!;
        if (said.Length > dialect.Context && (bool?)body["truncate"] == false)
        {
            throw new Refused(HttpStatusCode.BadRequest, "the prompt is longer than the context length");
        }

        if (Renders is not null && body["_debug_render_only"] is not null)
        {
            return new JsonObject
            {
                ["_debug_info"] = new JsonObject { ["rendered_template"] = Renders(body["messages"]!.AsArray()) },
            };
        }

        JsonObject answer = new()
        {
            ["done"] = true,
            ["done_reason"] = "stop",
            ["prompt_eval_count"] = 5,
        };
        answer[path == "/api/chat" ? "message" : "response"] =
            path == "/api/chat" ? new JsonObject { ["role"] = "assistant", ["content"] = said } : said;
        return answer;
    }

    private static JsonObject Usage(int[] prompt, int[] written) =>
        new() { ["prompt_tokens"] = prompt.Length, ["completion_tokens"] = written.Length };

    private int[] Ids(JsonNode prompt) =>
        prompt is JsonArray ids
            ? dialect.TakesIds
                ? [.. ids.Select(id => (int)id!)]
                : throw new Refused(HttpStatusCode.BadRequest, "Input should be a valid string")
            : [.. Before, .. tokenizer!.Encode((string)prompt!, true)];

    private string Text(int[] ids) => tokenizer?.Decode(ids) ?? "";

    private string Name(int id, bool named) => named || tokenizer is null ? $"token_id:{id}" : tokenizer.Decode([id]);

    private static int[] Favourites(IEnumerable<int> context) =>
        [
            .. (Hash(context, 7) % 30 == 0 ? new[] { End } : [])
                .Concat(Enumerable.Range(0, 12).Select(i => (int)(Hash(context, -i) % (Vocabulary - 3)) + 3))
                .Distinct()
                .Take(8),
        ];

    private static uint Hash(IEnumerable<int> context, int salt)
    {
        uint hash = 2166136261 ^ (uint)salt;
        foreach (int id in context)
        {
            hash = (hash ^ (uint)id) * 16777619;
            hash ^= hash >> 15;
        }

        return hash;
    }

    [GeneratedRegex(@"<\[(\d+)\]>")]
    private static partial Regex Forced();

    private sealed class Refused(HttpStatusCode status, string message) : Exception(message)
    {
        public HttpStatusCode Status => status;
    }
}

/// <summary>What a server does with <c>echo</c>.</summary>
internal enum FakeEcho
{
    Right,
    OnePlaceOff,
    Ignored,
    Refused,
}

/// <summary>A kind of server.</summary>
internal sealed record FakeDialect(
    string Owner,
    bool TakesIds = true,
    bool NamesIds = true,
    FakeEcho Echo = FakeEcho.Right,
    bool PromptValues = false,
    int Top = 20,
    bool Completes = true,
    bool Chats = true,
    bool NewLimit = false,
    int Context = 4096,
    string? System = null
)
{
    public static readonly FakeDialect Vllm = new("vllm");
    public static readonly FakeDialect TextOnly = new("system", TakesIds: false, NamesIds: false);
    public static readonly FakeDialect PromptOnly = new("system", Echo: FakeEcho.Ignored, PromptValues: true);
    public static readonly FakeDialect TopOnly = new("system", Echo: FakeEcho.Refused, Top: 5);
    public static readonly FakeDialect Llama = new("llamacpp", Echo: FakeEcho.Ignored);
    public static readonly FakeDialect ChatOnly = new("library", Completes: false);
    public static readonly FakeDialect Ollama = new("ollama", Completes: false, Chats: false);
}
