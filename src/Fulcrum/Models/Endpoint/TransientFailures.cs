using System.Net;
using Polly;

namespace Fulcrum.Models.Endpoint;

/// <summary>Which failures may be gone when the same request is sent again.</summary>
internal static class TransientFailures
{
    /// <summary>Set on the first request to a server: if the connection is refused, waiting does not help.</summary>
    public static readonly HttpRequestOptionsKey<bool> FirstContact = new("first contact");

    private const int GarbageRepetitionsOfReading = 3;

    // Servers answer these with 500, although the request is at fault.
    private static readonly string[] Faults =
    [
        "validation error",
        "Input should be",
        "valid string",
        "must be a string",
        "TypeError",
        "grammar",
    ];

    public static ValueTask<bool> Includes(
        Outcome<HttpResponseMessage> outcome,
        HttpRequestMessage? request,
        int attempt
    ) =>
        outcome switch
        {
            { Exception: HttpRequestException e } => ValueTask.FromResult(Passes(e, request, attempt)),
            { Exception: not null } => ValueTask.FromResult(false),
            { Result: { } response } => Passes(response),
            _ => ValueTask.FromResult(false),
        };

    private static bool Passes(HttpRequestException e, HttpRequestMessage? request, int attempt) =>
        e.HttpRequestError switch
        {
            HttpRequestError.ConfigurationLimitExceeded => false,
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => request is null
                || !request.Options.TryGetValue(FirstContact, out bool first)
                || !first,
            HttpRequestError.InvalidResponse when request?.Method == HttpMethod.Get => attempt
                < GarbageRepetitionsOfReading,
            _ => true,
        };

    private static async ValueTask<bool> Passes(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } after && Wait(after) > ServerConnection.Patience)
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

    private static TimeSpan Wait(System.Net.Http.Headers.RetryConditionHeaderValue after) =>
        after.Delta ?? (after.Date is { } date ? date - TimeProvider.System.GetUtcNow() : TimeSpan.Zero);

    /// <summary>Whether the words of an error say that the request is at fault, whatever its status.</summary>
    public static bool IsFault(string body) => Faults.Any(f => body.Contains(f, StringComparison.Ordinal));
}
