namespace Fulcrum.Models.Endpoint;

/// <summary>A server's reply is complete but wrong: it has another shape, other tokens than were sent, or a value that
/// is not finite.</summary>
internal sealed class ReplyException(string message, Exception? cause = null) : FulcrumException(message, cause)
{
    /// <summary>Whether the cause is that the server ignored a field of the request.</summary>
    internal bool IsIgnored { get; init; }
}
