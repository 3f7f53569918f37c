namespace Fulcrum.Models.Endpoint;

/// <summary>Server software that differs in routes and fields.</summary>
internal enum ServerSoftware
{
    /// <summary>Any other software.</summary>
    Other,

    /// <summary>vLLM.</summary>
    Vllm,

    /// <summary>SGLang.</summary>
    Sglang,

    /// <summary>llama.cpp's own server.</summary>
    LlamaServer,

    /// <summary>Ollama.</summary>
    Ollama,
}

/// <summary>What a server reports about itself and the model.</summary>
/// <param name="Listed">The name of the model in the server's list; null: not listed.</param>
/// <param name="ContextLength">In tokens; null: not reported.</param>
/// <param name="VocabularySize">The number of token ids; null: not reported.</param>
/// <param name="SystemPrompt">The system prompt that the server puts before conversations without one; null: none
/// known.</param>
/// <param name="Thinks">Whether the model writes its thinking unless the request disables it.</param>
internal sealed record ServerFacts(
    ServerSoftware Software,
    bool? Listed = null,
    int? ContextLength = null,
    int? VocabularySize = null,
    string? SystemPrompt = null,
    bool Thinks = false
);
