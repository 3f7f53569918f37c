using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Fulcrum.Models.Endpoint;

/// <summary>Sends JSON requests to one server and retries those that failed for a transient reason.</summary>
/// <remarks>The key is sent to this address only; redirects are not followed. The key is removed from texts of the
/// server before they become part of a message.</remarks>
internal sealed class ServerConnection : IDisposable
{
    private const int Repetitions = 9;
    private const int TimeoutRepetitions = 2;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait for a reply. A server that asks for a longer pause (<c>Retry-After</c>) is not
    /// retried.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private readonly HttpClient http;
    private readonly string? key;

    /// <param name="transport">Null: sockets. Tests give their own.</param>
    /// <param name="time">Null: the system's clock.</param>
    /// <exception cref="InputException">The key cannot be sent in a header.</exception>
    public ServerConnection(
        ServerAddress address,
        string? key,
        HttpMessageHandler? transport = null,
        TimeProvider? time = null
    )
    {
        Address = address;
        this.key = Checked(key);
        HttpMessageHandler whole = new WholeReplies { InnerHandler = transport ?? Sockets(address) };
        http = new HttpClient(new ResilienceHandler(Resilience(time ?? TimeProvider.System)) { InnerHandler = whole })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public ServerAddress Address { get; }

    /// <summary>Sends a GET request; returns null if the server does not have the route.</summary>
    /// <param name="first">Whether this is the first request to the server. A refused connection is then reported
    /// without retries.</param>
    /// <exception cref="FulcrumException">The server cannot be reached, or requires a key.</exception>
    public async Task<T?> Read<T>(Uri route, JsonTypeInfo<T> type, CancellationToken cancellation, bool first = false)
        where T : class
    {
        using HttpRequestMessage request = new(HttpMethod.Get, route);
        request.Options.Set(TransientFailures.FirstContact, first);
        try
        {
            return Parsed(route, await Send(request, cancellation), type);
        }
        catch (ServerRefusal e) when (e.IsNotTaken)
        {
            return null;
        }
        catch (ReplyException)
        {
            return null;
        }
    }

    /// <summary>Sends a POST request.</summary>
    /// <exception cref="ServerRefusal">The server answered with an error.</exception>
    /// <exception cref="ReplyException">The reply does not have the shape of the route.</exception>
    /// <exception cref="FulcrumException">The server cannot be reached or does not answer in time.</exception>
    public async Task<T> Ask<T>(Uri route, JsonObject body, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        using HttpRequestMessage request = new(HttpMethod.Post, route)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        return Parsed(route, await Send(request, cancellation), type);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<byte[]> Send(HttpRequestMessage request, CancellationToken cancellation)
    {
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        Uri route = request.RequestUri!;
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, cancellation);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return response.IsSuccessStatusCode ? body : throw Refusal(route, response, body);
        }
        catch (TimeoutRejectedException e)
        {
            throw new FulcrumException($"{route} gave no reply within {LongestWait.TotalMinutes:0} minutes", e);
        }
        catch (HttpRequestException e)
        {
            throw new FulcrumException($"{route} {Failure(e)}", e);
        }
    }

    private string Failure(HttpRequestException e) =>
        e.HttpRequestError switch
        {
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError =>
                $"cannot be reached: {Said(e.Message)}",
            HttpRequestError.ConfigurationLimitExceeded =>
                $"sent a reply of more than {WholeReplies.LargestReply >> 20} MiB",
            HttpRequestError.InvalidResponse => $"gave no valid reply: {Said(e.Message)}",
            _ => $"failed: {Said(e.Message)}",
        };

    private FulcrumException Refusal(Uri route, HttpResponseMessage response, byte[] body)
    {
        if ((int)response.StatusCode is >= 300 and < 400)
        {
            string to = Said(response.Headers.Location?.ToString() ?? "another address");
            return new InputException($"{route} redirects to {to}; give the address of that server instead");
        }

        string said = Said(ErrorText.Of(body));
        string status = $"{(int)response.StatusCode} {response.StatusCode}";
        string sentence = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when key is null =>
                $"{route} requires a key ({status}); name the environment variable that holds it",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"{route} does not accept the key ({status})",
            _ => $"{route} answered {status}",
        };
        return new ServerRefusal(response.StatusCode, said, said.Length == 0 ? sentence : $"{sentence}: {said}");
    }

    private string Said(string text)
    {
        string kept = key is { Length: > 0 } ? text.Replace(key, "***", StringComparison.Ordinal) : text;
        return Printable.Excerpt(kept, 240);
    }

    private static T Parsed<T>(Uri route, byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new ReplyException($"{route} replied null");
        }
        catch (JsonException e)
        {
            throw new ReplyException($"{route} gave a reply of another shape than expected, at {e.Path ?? "$"}", e);
        }
    }

    private static string? Checked(string? key) =>
        key is null || (key.Length > 0 && key.All(c => c is > ' ' and < '\x7f'))
            ? key
            : throw new InputException(
                "the key in the environment variable is empty or holds blanks or control characters"
            );

    private static SocketsHttpHandler Sockets(ServerAddress address) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !address.Api.IsLoopback,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        };

    private static ResiliencePipeline<HttpResponseMessage> Resilience(TimeProvider time) =>
        new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(
                new HttpRetryStrategyOptions
                {
                    MaxRetryAttempts = Repetitions,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    Delay = FirstDelay,
                    MaxDelay = LongestDelay,
                    ShouldRetryAfterHeader = true,
                    ShouldHandle = Handles,
                }
            )
            .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = LongestWait })
            .Build();

    private static ValueTask<bool> Handles(RetryPredicateArguments<HttpResponseMessage> tried) =>
        tried.Outcome.Exception is TimeoutRejectedException
            ? ValueTask.FromResult(tried.AttemptNumber < TimeoutRepetitions)
            : TransientFailures.Includes(tried.Outcome, tried.Context.GetRequestMessage(), tried.AttemptNumber);
}
