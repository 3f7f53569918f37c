namespace Fulcrum.Llama.Gguf;

/// <summary>The kinds of tokens in <c>tokenizer.ggml.token_type</c> (llama.h, <c>llama_token_type</c>).</summary>
internal static class GgufTokenType
{
    /// <summary>A part of texts.</summary>
    public const int Normal = 1;

    /// <summary>The token of unknown characters.</summary>
    public const int Unknown = 2;

    /// <summary>A special token, such as BOS.</summary>
    public const int Control = 3;

    /// <summary>An added token that is not special.</summary>
    public const int UserDefined = 4;

    /// <summary>An id without a token.</summary>
    public const int Unused = 5;

    /// <summary>A single byte.</summary>
    public const int SingleByte = 6;
}
