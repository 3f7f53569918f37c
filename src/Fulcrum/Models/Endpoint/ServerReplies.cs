using System.Text.Json.Serialization;

namespace Fulcrum.Models.Endpoint;

/// <summary><c>GET models</c>.</summary>
internal sealed record ModelListReply(IReadOnlyList<ModelListReply.Model>? Data)
{
    /// <summary>A model of the server.</summary>
    /// <param name="MaxModelLen">vLLM's and SGLang's context length.</param>
    public sealed record Model(string? Id, string? OwnedBy = null, int? MaxModelLen = null, Meta? Meta = null);

    /// <summary>What llama-server adds.</summary>
    public sealed record Meta(int? NVocab = null, int? NCtx = null, int? NCtxTrain = null);
}

/// <summary>Tokens that a server counted.</summary>
internal sealed record UsageReply(long? PromptTokens = null, long? CompletionTokens = null);

/// <summary>Any reply of the OpenAI-compatible routes, of which only the counted tokens are read.</summary>
internal sealed record CountedReply(UsageReply? Usage = null);

/// <summary><c>POST completions</c>.</summary>
internal sealed record CompletionReply(IReadOnlyList<CompletionReply.Choice>? Choices, UsageReply? Usage = null)
{
    /// <summary>One completion.</summary>
    /// <param name="TokenIds">vLLM, when asked with <c>return_token_ids</c>.</param>
    /// <param name="PromptLogprobs">vLLM, when asked with <c>prompt_logprobs</c>: for each token of the prompt values
    /// by token id; null for the first.</param>
    public sealed record Choice(
        string? Text,
        string? FinishReason,
        TokenLists? Logprobs = null,
        IReadOnlyList<int>? TokenIds = null,
        IReadOnlyList<Dictionary<string, Ranked>?>? PromptLogprobs = null
    );

    /// <summary>A token of the prompt and its place among all tokens, from 1.</summary>
    public sealed record Ranked(double? Logprob, int? Rank = null);
}

/// <summary>Log-probabilities in the shape of completions; <see cref="Content"/> is the shape of chats, which
/// llama-server uses everywhere.</summary>
internal sealed record TokenLists(
    IReadOnlyList<string>? Tokens = null,
    IReadOnlyList<double?>? TokenLogprobs = null,
    IReadOnlyList<Dictionary<string, double>?>? TopLogprobs = null,
    IReadOnlyList<TokenReply>? Content = null
);

/// <summary>A token of an answer.</summary>
internal sealed record TokenReply(
    int? Id = null,
    string? Token = null,
    double? Logprob = null,
    IReadOnlyList<TokenReply>? TopLogprobs = null
);

/// <summary><c>POST completion</c> of llama-server.</summary>
internal sealed record LlamaReply(
    string? Content,
    IReadOnlyList<int>? Tokens = null,
    IReadOnlyList<TokenReply>? CompletionProbabilities = null,
    string? StopType = null,
    bool? Truncated = null,
    long? TokensEvaluated = null,
    long? TokensPredicted = null
);

/// <summary><c>POST chat/completions</c>.</summary>
internal sealed record ChatReply(IReadOnlyList<ChatReply.Answer>? Choices, UsageReply? Usage = null)
{
    /// <summary>One answer.</summary>
    public sealed record Answer(Said? Message, string? FinishReason);

    /// <summary>The answer; null if the model only thought or called a tool.</summary>
    public sealed record Said(string? Content);
}

/// <summary><c>GET api/version</c> of Ollama.</summary>
internal sealed record OllamaVersionReply(string? Version);

/// <summary><c>POST api/show</c> of Ollama.</summary>
internal sealed record OllamaShowReply(
    string? System = null,
    string? Template = null,
    IReadOnlyList<string>? Capabilities = null,
    IReadOnlyList<OllamaAnswerReply.Turn>? Messages = null
);

/// <summary><c>POST api/chat</c> and <c>POST api/generate</c> of Ollama.</summary>
internal sealed record OllamaAnswerReply(
    OllamaAnswerReply.Turn? Message = null,
    string? Response = null,
    bool Done = false,
    string? DoneReason = null,
    long? PromptEvalCount = null,
    long? EvalCount = null,
    [property: JsonPropertyName("_debug_info")] OllamaAnswerReply.Debug? DebugInfo = null
)
{
    /// <summary>A message.</summary>
    public sealed record Turn(string? Role, string? Content);

    /// <summary>The rendered prompt, when asked with <c>_debug_render_only</c>.</summary>
    public sealed record Debug(string? RenderedTemplate);
}

/// <summary><c>GET api/ps</c> of Ollama: the loaded models.</summary>
internal sealed record OllamaLoadedReply(IReadOnlyList<OllamaLoadedReply.Loaded>? Models)
{
    /// <summary>A loaded model.</summary>
    /// <param name="ContextLength">The context that it is served with.</param>
    public sealed record Loaded(string? Name, int? ContextLength = null);
}

/// <summary><c>POST tokenize</c> of vLLM and llama-server.</summary>
internal sealed record TokenizeReply(IReadOnlyList<int>? Tokens);

/// <summary><c>POST apply-template</c> of llama-server.</summary>
internal sealed record AppliedTemplateReply(string? Prompt);

/// <summary>JSON metadata of the replies. Unknown keys are ignored, because every server adds its own.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelListReply))]
[JsonSerializable(typeof(CompletionReply))]
[JsonSerializable(typeof(LlamaReply))]
[JsonSerializable(typeof(ChatReply))]
[JsonSerializable(typeof(OllamaVersionReply))]
[JsonSerializable(typeof(OllamaShowReply))]
[JsonSerializable(typeof(OllamaAnswerReply))]
[JsonSerializable(typeof(OllamaLoadedReply))]
[JsonSerializable(typeof(CountedReply))]
[JsonSerializable(typeof(TokenizeReply))]
[JsonSerializable(typeof(AppliedTemplateReply))]
internal sealed partial class ServerJson : JsonSerializerContext;
