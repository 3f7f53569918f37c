using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using Fulcrum.Files;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Fulcrum.Data.Hub;

/// <summary>Sends requests to the hub and to the hosts to which it redirects, with retries, time limits and the
/// token.</summary>
internal sealed class HubHttp : IDisposable
{
    /// <summary>The largest number of requests for one look-up, listing page or HEAD.</summary>
    public const int MostAttempts = 6;

    private const int MostRedirects = 10;
    private const long LargestAnswer = 1 << 27; // bytes: a page of a listing has less than 1 MB
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private static readonly HttpRequestOptionsKey<int> Repeats = new("repeats");

    private readonly HubSettings settings;
    private readonly HttpClient metadata;
    private readonly HttpClient content;

    public HubHttp(HubSettings settings)
    {
        this.settings = settings;
        metadata = Client(b => b.AddRetry(Retry()).AddTimeout(settings.AnswerLimit), inner => new WholeAnswers(inner));
        content = Client(b => b.AddTimeout(settings.SilenceLimit), inner => inner);
    }

    /// <summary>Sends a look-up, a listing or a HEAD and follows redirects. A HEAD is not followed to another
    /// host.</summary>
    /// <param name="repeats">The number of retries after a transient failure.</param>
    /// <param name="token">The token to send instead of the one in the settings.</param>
    /// <exception cref="HubUnreachableException">No answer came in time.</exception>
    public async Task<HttpResponseMessage> AskAsync(
        HttpMethod method,
        Uri address,
        CancellationToken cancellation,
        int repeats = MostAttempts - 1,
        HubToken? token = null
    )
    {
        for (int hop = 0; hop < MostRedirects; hop++)
        {
            HttpResponseMessage answer = await SendAsync(
                metadata,
                Request(method, address, repeats, token),
                cancellation
            );
            Uri? next = Redirect(answer, address);
            if (next is null || (method == HttpMethod.Head && !settings.IsEndpoint(next)))
            {
                return answer;
            }

            answer.Dispose();
            address = next;
        }

        throw new FulcrumException($"{Place(address)}: more than {MostRedirects} redirects");
    }

    /// <summary>Opens a file's content from a byte on. The caller reads and disposes the answer.</summary>
    /// <param name="last">The last byte, inclusive; null: to the end.</param>
    /// <exception cref="HubUnreachableException">No answer came in time.</exception>
    public async Task<HttpResponseMessage> OpenAsync(
        Uri address,
        long first,
        long? last,
        CancellationToken cancellation
    )
    {
        for (int hop = 0; hop < MostRedirects; hop++)
        {
            HttpRequestMessage request = Request(HttpMethod.Get, address, 0, null);
            request.Headers.Range = first > 0 || last is not null ? new RangeHeaderValue(first, last) : null;
            HttpResponseMessage answer = await SendAsync(content, request, cancellation);
            if (Redirect(answer, address) is not { } next)
            {
                return answer;
            }

            answer.Dispose();
            address = next;
        }

        throw new FulcrumException($"{Place(address)}: more than {MostRedirects} redirects");
    }

    /// <summary>Returns the target of a redirect; null for other answers.</summary>
    /// <exception cref="FulcrumException">The target is not a web address, or leads from https to http.</exception>
    public static Uri? Redirect(HttpResponseMessage answer, Uri from)
    {
        if (
            (int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308)
            || answer.Headers.Location is not { } location
        )
        {
            return null;
        }

        if (!Uri.TryCreate(from, location, out Uri? target))
        {
            throw new FulcrumException(
                $"{Place(from)}: refused a redirect to '{Printable.Short(location.OriginalString)}', "
                    + "which is no address"
            );
        }

        bool allowed = target.Scheme == "https" || (target.Scheme == "http" && from.Scheme == "http");
        return allowed && target.UserInfo == ""
            ? target
            : throw new FulcrumException($"{Place(from)}: refused a redirect to {Place(target)}");
    }

    /// <summary>Returns how long a server asks to wait, in <c>Retry-After</c> or <c>RateLimit</c>; null if it does
    /// not.</summary>
    public static TimeSpan? AskedWait(HttpResponseMessage? answer)
    {
        if (answer?.Headers.RetryAfter is { } after)
        {
            return RetryDelay.Of(after);
        }

        if (answer is null || !answer.Headers.TryGetValues("RateLimit", out IEnumerable<string>? limits))
        {
            return null;
        }

        string[] fields = [.. string.Join(';', limits).Split(';').Select(f => f.Trim())];
        string? reset = fields.FirstOrDefault(f => f.StartsWith("t=", StringComparison.Ordinal));
        bool exhausted = fields.Contains("r=0") && reset is not null;
        return exhausted && uint.TryParse(reset.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out uint s)
            ? TimeSpan.FromSeconds(s + 1.0)
            : null;
    }

    /// <summary>Returns whether the same request may succeed later: 408, 429 and all of 5xx.</summary>
    public static bool IsTransient(HttpStatusCode status) => (int)status is 408 or 429 or >= 500;

    /// <summary>Returns whether a wait that the server asks for is short enough for a retry.</summary>
    public static bool IsShortEnough(TimeSpan? wait) => wait is null || wait <= LongestWait;

    /// <summary>Returns an address without its query, which may contain a secret signature.</summary>
    public static string Place(Uri address) => Printable.Message(address.GetLeftPart(UriPartial.Path));

    public void Dispose()
    {
        metadata.Dispose();
        content.Dispose();
    }

    // The clients live as long as one command. So IHttpClientFactory, which renews connections of long-running
    // programs, is not needed; without it a command starts faster.
    private static HttpClient Client(
        Action<ResiliencePipelineBuilder<HttpResponseMessage>> repeat,
        Func<HttpMessageHandler, HttpMessageHandler> below
    )
    {
        ResiliencePipelineBuilder<HttpResponseMessage> pipeline = new();
        repeat(pipeline);
        SocketsHttpHandler connections = new()
        {
            // .NET drops the token on every redirect, so redirects are followed here.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        };
        ResilienceHandler repeated = new(pipeline.Build()) { InnerHandler = below(connections) };
        return new HttpClient(repeated) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private HttpRequestMessage Request(HttpMethod method, Uri address, int repeats, HubToken? token)
    {
        HttpRequestMessage request = new(method, address) { Version = HttpVersion.Version11 };
        request.Options.Set(Repeats, repeats);
        request.Headers.AcceptEncoding.ParseAdd("identity");
        request.Headers.UserAgent.ParseAdd("fulcrum/" + typeof(HubHttp).Assembly.GetName().Version!.ToString(3));
        if ((token ?? settings.Token) is { } sent && settings.IsEndpoint(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", sent.Value);
        }

        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client,
        HttpRequestMessage request,
        CancellationToken cancellation
    )
    {
        string place = Place(request.RequestUri!);
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new HubUnreachableException($"{place}: {Printable.Message((e.InnerException ?? e).Message)}", e);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HubUnreachableException($"{place}: no answer within {e.Timeout.TotalSeconds:0.#} s", e);
        }
    }

    private HttpRetryStrategyOptions Retry() =>
        new()
        {
            MaxRetryAttempts = MostAttempts - 1,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = settings.FirstPause,
            MaxDelay = HubSettings.LongestPause,
            ShouldHandle = args => ValueTask.FromResult(args.AttemptNumber < RepeatsAfter(args)),
            DelayGenerator = args => ValueTask.FromResult(AskedWait(args.Outcome.Result)),
        };

    // Returns how often this outcome is retried. A silent server is retried 3 times only, because each attempt waits
    // for its time limit.
    private static int RepeatsAfter(RetryPredicateArguments<HttpResponseMessage> args)
    {
        HttpRequestMessage? request = args.Context.GetRequestMessage();
        int allowed = request is not null && request.Options.TryGetValue(Repeats, out int repeats) ? repeats : 0;
        int useful = args.Outcome switch
        {
            { Result: { } answer } => IsTransient(answer.StatusCode) && IsShortEnough(AskedWait(answer)) ? allowed : 0,
            { Exception: TimeoutRejectedException } => 3,
            { Exception: HttpRequestException { InnerException: AuthenticationException } } => 0,
            {
                Exception: HttpRequestException
                {
                    InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound }
                }
            } => 1,
            { Exception: HttpRequestException or IOException } => allowed,
            _ => 0,
        };
        return Math.Min(allowed, useful);
    }

    // Reads the whole body inside the retries, so that a connection that breaks within a listing is retried too.
    private sealed class WholeAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            if (request.Method != HttpMethod.Head)
            {
                await answer.Content.LoadIntoBufferAsync(LargestAnswer, cancellationToken);
            }

            return answer;
        }
    }
}
