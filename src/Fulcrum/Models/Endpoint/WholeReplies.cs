using System.Text.Json;

namespace Fulcrum.Models.Endpoint;

/// <summary>Reads a reply to its end inside the retries, so that a request with a truncated or malformed reply is sent
/// again.</summary>
internal sealed class WholeReplies : DelegatingHandler
{
    /// <summary>The largest accepted reply in bytes. The largest expected one lists the probability of every token of a
    /// vocabulary.</summary>
    public const int LargestReply = 128 << 20;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        try
        {
            RefuseStream(response);
            await response.Content.LoadIntoBufferAsync(LargestReply, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                await CheckJson(response, cancellationToken);
            }

            return response;
        }
        catch (Exception e)
        {
            response.Dispose();
            if (e is IOException io)
            {
                throw new HttpRequestException(HttpRequestError.ResponseEnded, io.Message, io);
            }

            throw;
        }
    }

    // A stream of events may never end, and it is no reply to a request that asks for none.
    private static void RefuseStream(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            throw new ReplyException(
                $"{response.RequestMessage?.RequestUri} streams its reply, although no stream was asked for"
            );
        }
    }

    private static async Task CheckJson(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
        try
        {
            Utf8JsonReader reader = new(body);
            while (reader.Read()) { }
        }
        catch (JsonException e)
        {
            // Python writes NaN and Infinity in this form. Such a reply is complete, but wrong.
            if (body.AsSpan().IndexOf("NaN"u8) >= 0 || body.AsSpan().IndexOf("Infinity"u8) >= 0)
            {
                throw new ReplyException(
                    $"{response.RequestMessage?.RequestUri} replied with a value that is no number",
                    e
                );
            }

            throw new HttpRequestException(HttpRequestError.InvalidResponse, "it is no JSON", e);
        }
    }
}
