namespace Fulcrum.Models.Endpoint;

/// <summary>The form in which a prompt is sent to a server.</summary>
internal enum PromptForm
{
    /// <summary>Token ids. The server cannot change them.</summary>
    Ids,

    /// <summary>A text, which the server tokenises.</summary>
    Text,

    /// <summary>Messages, which the server renders by its chat template and tokenises.</summary>
    Messages,
}
