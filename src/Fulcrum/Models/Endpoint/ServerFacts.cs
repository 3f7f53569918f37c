namespace Fulcrum.Models.Endpoint;

/// <summary>Programs that serve models and differ in what they take.</summary>
internal enum ServerSoftware
{
    /// <summary>None of the others.</summary>
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

/// <summary>What a server says of itself and of the model.</summary>
/// <param name="Listed">It lists the model under this name; null: it lists none.</param>
/// <param name="ContextLength">Null: it does not say.</param>
/// <param name="VocabularySize">Null: it does not say.</param>
/// <param name="SystemPrompt">Of the model's own, put before conversations that begin without one; null: none
/// known.</param>
/// <param name="Thinks">The model writes thoughts unless the request disables them.</param>
internal sealed record ServerFacts(
    ServerSoftware Software,
    bool? Listed = null,
    int? ContextLength = null,
    int? VocabularySize = null,
    string? SystemPrompt = null,
    bool Thinks = false
);
