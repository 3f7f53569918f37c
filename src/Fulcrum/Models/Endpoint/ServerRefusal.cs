using System.Net;

namespace Fulcrum.Models.Endpoint;

/// <summary>A server answered with an error that repeating did not change.</summary>
/// <param name="status">Its HTTP status.</param>
/// <param name="said">The server's own words, shortened; empty when it gave none.</param>
/// <param name="message">The sentence for the user.</param>
internal sealed class ServerRefusal(HttpStatusCode status, string said, string message) : FulcrumException(message)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>The server's own words.</summary>
    public string Said { get; } = said;

    /// <summary>2 where the request is at fault, 1 where the server is.</summary>
    public override int ExitCode => (int)Status is >= 400 and < 500 and not 408 and not 429 ? 2 : 1;

    /// <summary>The server does not know the route, so asking it in another form may help.</summary>
    internal bool IsNoRoute =>
        Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented;

    /// <summary>The server does not know the route. The same status says that it does not know the model; then it names
    /// it.</summary>
    internal bool IsNoRouteOf(string served) => IsNoRoute && !Said.Contains(served, StringComparison.Ordinal);

    /// <summary>The server does not take what was sent.</summary>
    internal bool IsNotTaken =>
        IsNoRoute
        || Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity
        || (Status == HttpStatusCode.InternalServerError && TransientFailures.IsFault(Said));
}
