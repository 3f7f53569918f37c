namespace Fulcrum.Models.Endpoint;

/// <summary>How a prompt travels to a server.</summary>
internal enum PromptForm
{
    /// <summary>Token ids: nothing is left to the server.</summary>
    Ids,

    /// <summary>A text, that the server's tokenizer takes apart.</summary>
    Text,

    /// <summary>Messages, that the server's own chat template puts together.</summary>
    Messages,
}
