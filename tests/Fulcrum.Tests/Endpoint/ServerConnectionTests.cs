using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Fulcrum.Models.Endpoint;
using Xunit;

namespace Fulcrum.Tests.Endpoint;

public sealed class ServerConnectionTests
{
    private const string Key = "sk-very-secret";

    [Fact]
    public async Task Failures_that_may_pass_are_repeated_with_growing_delays()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        ImpatientTime time = new();
        foreach (
            Func<HttpResponseMessage> trouble in (Func<HttpResponseMessage>[])
                [
                    () => FakeServer.Reply(HttpStatusCode.InternalServerError, "{}"),
                    () => FakeServer.Reply(HttpStatusCode.ServiceUnavailable, "busy"),
                    () => FakeServer.Reply(HttpStatusCode.OK, "<html>busy</html>"),
                    () => FakeServer.Reply(HttpStatusCode.OK, "{\"choices\": [{\"text\": \"cut o"),
                    () => throw new HttpRequestException(HttpRequestError.ResponseEnded),
                    () => throw new HttpRequestException(HttpRequestError.ConnectionError),
                ]
        )
        {
            fake.Troubles.Enqueue(trouble);
        }

        using ServerConnection connection = Servers.Connect(fake, time: time);
        CompletionReply reply = await Ask(connection);

        Assert.Single(reply.Choices!);
        Assert.Equal(7, fake.Seen.Count);
        Assert.Equal(6, time.Waits.Count);
        Assert.True(time.Waits.Sum(w => w.TotalSeconds) > 1);
    }

    [Fact]
    public async Task Retry_After_is_waited_for()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        ImpatientTime time = new();
        fake.Troubles.Enqueue(() => Busy(TimeSpan.FromSeconds(17)));
        using ServerConnection connection = Servers.Connect(fake, time: time);

        await Ask(connection);

        Assert.Equal([TimeSpan.FromSeconds(17)], time.Waits);
    }

    [Fact]
    public async Task A_server_that_asks_to_come_back_in_an_hour_is_not_waited_for()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        fake.Troubles.Enqueue(() => Busy(TimeSpan.FromHours(1)));
        using ServerConnection connection = Servers.Connect(fake);

        ServerRefusal e = await Assert.ThrowsAsync<ServerRefusal>(() => Ask(connection));

        Assert.Equal((1, 1), (fake.Seen.Count, e.ExitCode));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, "too long", 2)]
    [InlineData(HttpStatusCode.InternalServerError, "7 validation errors: Input should be a valid string", 1)]
    [InlineData(HttpStatusCode.NotImplemented, "no", 1)]
    public async Task A_request_that_is_at_fault_is_not_repeated(HttpStatusCode status, string said, int exit)
    {
        FakeServer fake = new(FakeDialect.Vllm);
        fake.Troubles.Enqueue(() => FakeServer.Reply(status, $$"""{"error": "{{said}}"}"""));
        using ServerConnection connection = Servers.Connect(fake);

        ServerRefusal e = await Assert.ThrowsAsync<ServerRefusal>(() => Ask(connection));

        Assert.Equal((1, exit, said), (fake.Seen.Count, e.ExitCode, e.Said));
        Assert.Contains($"server.example:8000/v1/completions answered {(int)status}", e.Message);
    }

    [Fact]
    public async Task Permanent_failure_is_reported_after_ten_requests()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        for (int i = 0; i < 20; i++)
        {
            fake.Troubles.Enqueue(() => FakeServer.Reply(HttpStatusCode.BadGateway, ""));
        }

        using ServerConnection connection = Servers.Connect(fake);

        ServerRefusal e = await Assert.ThrowsAsync<ServerRefusal>(() => Ask(connection));

        Assert.Equal((10, 1), (fake.Seen.Count, e.ExitCode));
    }

    [Theory]
    [InlineData("{\"choices\": [{\"text\": \"a\", \"logprobs\": {\"token_logprobs\": [NaN]}}]}")]
    [InlineData("{\"choices\": [{\"text\": 7}]}")]
    public async Task A_request_with_a_complete_but_wrong_reply_is_not_retried(string body)
    {
        FakeServer fake = new(FakeDialect.Vllm);
        fake.Troubles.Enqueue(() => FakeServer.Reply(HttpStatusCode.OK, body));
        using ServerConnection connection = Servers.Connect(fake);

        await Assert.ThrowsAsync<ReplyException>(() => Ask(connection));

        Assert.Single(fake.Seen);
    }

    [Fact]
    public async Task First_request_to_a_closed_port_fails_at_once()
    {
        using ServerConnection connection = Servers.Connect(new Nobody());

        FulcrumException e = await Assert.ThrowsAsync<FulcrumException>(() =>
            Identification.Of(connection, "m", TestContext.Current.CancellationToken)
        );

        Assert.Contains("http://server.example:8000/v1/models cannot be reached", e.Message);
        Assert.Equal(1, e.ExitCode);
    }

    [Fact]
    public async Task The_key_goes_to_the_server_and_into_no_message()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        fake.Troubles.Enqueue(() =>
            FakeServer.Reply(HttpStatusCode.Unauthorized, $$"""{"error": "Incorrect key {{Key}}\u0007 given"}""")
        );
        using ServerConnection connection = Servers.Connect(fake, Key);

        ServerRefusal e = await Assert.ThrowsAsync<ServerRefusal>(() => Ask(connection));

        Assert.Equal($"Bearer {Key}", fake.Seen[0].Key);
        Assert.DoesNotContain(Key, e.ToString());
        Assert.Contains(@"Incorrect key ***\u0007 given", e.Message);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        fake.Troubles.Enqueue(() =>
        {
            HttpResponseMessage away = FakeServer.Reply(HttpStatusCode.TemporaryRedirect, "");
            away.Headers.Location = new Uri("http://elsewhere.example/v1/completions");
            return away;
        });
        using ServerConnection connection = Servers.Connect(fake, Key);

        InputException e = await Assert.ThrowsAsync<InputException>(() => Ask(connection));

        Assert.Contains("redirects to http://elsewhere.example", e.Message);
        Assert.Single(fake.Seen);
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("ftp://host/v1")]
    [InlineData("/v1")]
    [InlineData("http://user:password@host/v1")]
    [InlineData("http://host/v1?key=1")]
    public void An_address_is_http_and_contains_no_secret(string address)
    {
        InputException e = Assert.Throws<InputException>(() => ServerAddress.Parse(address));

        Assert.DoesNotContain("password", e.Message);
    }

    [Fact]
    public void Routes_are_resolved_below_the_address_and_next_to_it()
    {
        ServerAddress address = ServerAddress.Parse(" https://host.example/proxy/v1/ ");

        Assert.Equal("https://host.example/proxy/v1/completions", address.Route("completions").ToString());
        Assert.Equal("https://host.example/proxy/api/chat", address.OwnRoute("api/chat").ToString());
        Assert.Equal("https://host.example/proxy/v1", address.ToString());
    }

    [Fact]
    public async Task A_model_that_is_not_served_is_refused_with_the_names_of_those_that_are()
    {
        FakeServer fake = new(FakeDialect.Vllm);
        using ServerConnection connection = Servers.Connect(fake);

        InputException e = await Assert.ThrowsAsync<InputException>(() =>
            Identification.Of(connection, "nobody", TestContext.Current.CancellationToken)
        );

        Assert.Equal("http://server.example:8000/v1 has no model 'nobody'; it serves 'served'", e.Message);
    }

    private static Task<CompletionReply> Ask(ServerConnection connection) =>
        connection.Ask(
            connection.Address.Route("completions"),
            new JsonObject { ["prompt"] = new JsonArray(5, 6), ["max_tokens"] = 1 },
            ServerJson.Default.CompletionReply,
            TestContext.Current.CancellationToken
        );

    private static HttpResponseMessage Busy(TimeSpan after)
    {
        HttpResponseMessage busy = FakeServer.Reply(HttpStatusCode.TooManyRequests, "{}");
        busy.Headers.RetryAfter = new RetryConditionHeaderValue(after);
        return busy;
    }

    private sealed class Nobody : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
    }
}
