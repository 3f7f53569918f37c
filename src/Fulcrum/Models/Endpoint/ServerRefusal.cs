using System.Net;

namespace Fulcrum.Models.Endpoint;

/// <summary>A server answered with an error, also after the retries.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="said">The server's message, truncated; empty if it sent none.</param>
/// <param name="message">The sentence for the user.</param>
internal sealed class ServerRefusal(HttpStatusCode status, string said, string message) : FulcrumException(message)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>The server's message.</summary>
    public string Said { get; } = said;

    /// <summary>2 if the request is at fault, 1 if the server is.</summary>
    public override int ExitCode => (int)Status is >= 400 and < 500 and not 408 and not 429 ? 2 : 1;

    /// <summary>Whether the server does not have the route, so that another route may work.</summary>
    internal bool IsNoRoute =>
        Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented;

    /// <summary>Returns whether the server does not have the route. The same status can mean that it does not have the
    /// model; the message then contains the model's name.</summary>
    internal bool IsNoRouteOf(string served) => IsNoRoute && !Said.Contains(served, StringComparison.Ordinal);

    /// <summary>Whether the server does not accept a field or value of the request.</summary>
    internal bool IsNotTaken =>
        IsNoRoute
        || Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity
        || (Status == HttpStatusCode.InternalServerError && TransientFailures.IsFault(Said));
}
