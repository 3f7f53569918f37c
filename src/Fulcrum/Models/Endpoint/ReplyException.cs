namespace Fulcrum.Models.Endpoint;

/// <summary>A server's reply is complete and wrong: another shape, other tokens than were sent, no finite
/// value.</summary>
internal sealed class ReplyException(string message, Exception? cause = null) : FulcrumException(message, cause)
{
    /// <summary>The server passed over a field that it does not know.</summary>
    internal bool IsIgnored { get; init; }
}
