using System.Net;
using Fulcrum.Data;
using Polly;

namespace Fulcrum.Models.Endpoint;

/// <summary>Decides which failed requests are retried.</summary>
internal static class TransientFailures
{
    /// <summary>An option of the first request to a server. If its connection is refused, it is not retried, because
    /// the address is probably wrong.</summary>
    public static readonly HttpRequestOptionsKey<bool> FirstContact = new("first contact");

    // A GET whose reply is not JSON is retried this often.
    private const int RetriesOfMalformedReply = 3;

    // Servers answer a wrong request with status 500 and one of these texts.
    private static readonly string[] Faults =
    [
        "validation error",
        "Input should be",
        "valid string",
        "must be a string",
        "TypeError",
        "grammar",
    ];

    /// <summary>Returns whether to retry a request after an outcome.</summary>
    /// <param name="attempt">The number of retries so far.</param>
    public static ValueTask<bool> Includes(
        Outcome<HttpResponseMessage> outcome,
        HttpRequestMessage? request,
        int attempt
    ) =>
        outcome switch
        {
            { Exception: HttpRequestException e } => ValueTask.FromResult(IsTransient(e, request, attempt)),
            { Exception: not null } => ValueTask.FromResult(false),
            { Result: { } response } => IsTransient(response),
            _ => ValueTask.FromResult(false),
        };

    private static bool IsTransient(HttpRequestException e, HttpRequestMessage? request, int attempt) =>
        e.HttpRequestError switch
        {
            HttpRequestError.ConfigurationLimitExceeded => false,
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => request is null
                || !request.Options.TryGetValue(FirstContact, out bool first)
                || !first,
            HttpRequestError.InvalidResponse when request?.Method == HttpMethod.Get => attempt
                < RetriesOfMalformedReply,
            _ => true,
        };

    private static async ValueTask<bool> IsTransient(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } after && RetryDelay.Of(after) > ServerConnection.LongestWait)
        {
            return false;
        }

        return response.StatusCode switch
        {
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests => true,
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => false,
            HttpStatusCode.InternalServerError => !IsFault(await response.Content.ReadAsStringAsync()),
            >= HttpStatusCode.InternalServerError => true,
            _ => false,
        };
    }

    /// <summary>Returns whether the text of an error says that the request is wrong, whatever its status.</summary>
    public static bool IsFault(string body) => Faults.Any(f => body.Contains(f, StringComparison.Ordinal));
}
