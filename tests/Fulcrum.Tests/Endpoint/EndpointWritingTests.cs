using System.Net;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Xunit;

namespace Fulcrum.Tests.Endpoint;

public sealed class EndpointWritingTests
{
    [Theory]
    [InlineData("vllm")]
    [InlineData("llamacpp")]
    public void Completions_come_with_text_ids_and_values(string owner)
    {
        FakeServer fake = new(owner == "vllm" ? FakeDialect.Vllm : FakeDialect.Llama, Servers.Tokens.Value);
        using EndpointModel model = Servers.Open(fake);
        int[] prompt = [5, 6, 7];
        (int[] ids, string finish) = FakeServer.Greedy(prompt, 6);

        Completion written = Complete(model, new CompletionRequest(prompt, 6, []))[0];

        Assert.Equal(ids, written.Ids);
        Assert.Equal(Servers.Tokens.Value.Decode(ids), written.Text);
        Assert.Equal(finish == "stop" ? FinishReason.Stop : FinishReason.Length, written.Finish);
        Assert.Equal(FakeServer.Score(prompt, ids), written.LogLikelihoods.Sum(), 1e-9);
        JsonObject asked = fake.Seen[^1].Body;
        Assert.Equal(0, (int)asked["temperature"]!);
        Assert.Equal(1, (int)(asked["repetition_penalty"] ?? asked["repeat_penalty"])!);
    }

    [Fact]
    public void A_text_without_ids_goes_as_it_is()
    {
        FakeServer fake = new(FakeDialect.TextOnly, Servers.Tokens.Value);
        using EndpointModel model = Servers.Open(fake);

        Completion written = Complete(model, Text("The answer is"))[0];

        Assert.Equal("The answer is", (string)fake.Seen[^1].Body["prompt"]!);
        Assert.Equal([], written.Ids);
        Assert.NotNull(written.Text);
    }

    [Fact]
    public void Messages_reach_a_chat_with_all_their_fields()
    {
        FakeServer fake = new(FakeDialect.ChatOnly);
        using EndpointModel model = Servers.Open(fake);
        JsonObject message = new()
        {
            ["role"] = "user",
            ["content"] = "Hi",
            ["name"] = "Ada",
        };

        Completion written = Complete(model, Messages(message))[0];

        Assert.Equal(message.ToJsonString(), written.Text);
        Assert.Equal(FinishReason.Stop, written.Finish);
        Assert.Equal((2L, 2L, 4L), (model.Usage.Requests, model.Usage.PromptTokens, model.Usage.CompletionTokens));
        Assert.Equal(16, (int)fake.Seen[^1].Body["max_tokens"]!);
    }

    [Fact]
    public void The_limit_has_the_newer_name_where_a_server_wants_it()
    {
        FakeServer fake = new(FakeDialect.ChatOnly with { NewLimit = true });
        using EndpointModel model = Servers.Open(fake);

        Complete(model, Messages(User("Hi")));

        Assert.Equal(16, (int)fake.Seen[^1].Body["max_completion_tokens"]!);
        Assert.Null(fake.Seen[^1].Body["max_tokens"]);
    }

    [Fact]
    public void Ids_and_texts_are_refused_by_a_chat_before_they_are_sent()
    {
        foreach (CompletionRequest request in (CompletionRequest[])[new([5, 6], 4, []), Text("Hi")])
        {
            FakeServer fake = new(FakeDialect.ChatOnly);
            using EndpointModel model = Servers.Open(fake);

            InputException e = Assert.Throws<InputException>(() => Complete(model, request));

            Assert.Contains("answers messages only", e.Message);
            Assert.InRange(fake.Seen.Count, 1, 5);
        }
    }

    [Fact]
    public void A_conversation_is_sent_as_messages_where_a_tokenizer_made_ids_that_a_chat_does_not_take()
    {
        FakeServer fake = new(FakeDialect.ChatOnly);
        using EndpointModel model = Servers.Open(fake, tokenizer: true);

        Completion[] written = Complete(
            model,
            new CompletionRequest([5, 6], 16, [], Source: Source(User("Hi"))),
            new CompletionRequest([7, 8], 16, [], Source: Source(User("Ho")))
        );

        Assert.All(written, w => Assert.NotEmpty(w.Text!));
        Assert.Equal(
            ["Hi", "Ho"],
            fake.Seen.TakeLast(2).Select(s => (string)s.Body["messages"]![0]!["content"]!).Order()
        );
        Assert.Equal(
            "Messages",
            model.Prepare([], [new([5, 6], 16, [], Source: Source(User("Hi")))])["endpoint.prompts"]
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Template_variables_that_a_chat_would_not_get_are_refused(bool ollama)
    {
        FakeServer fake = new(ollama ? FakeDialect.Ollama : FakeDialect.ChatOnly);
        using EndpointModel model = Servers.Open(fake, tokenizer: true);
        PromptSource source = new PromptSource.Messages([User("Hi")]) { Variables = ["enable_thinking"] };

        FulcrumException e = Assert.ThrowsAny<FulcrumException>(() =>
            Complete(model, new CompletionRequest([5, 6], 16, [], Source: source))
        );

        Assert.Equal(2, e.ExitCode);
        Assert.Contains("template variables enable_thinking do not reach it", e.Message);
    }

    [Fact]
    public void Template_variables_do_not_hide_why_the_server_refused_token_ids()
    {
        using EndpointModel model = Servers.Open(new FakeServer(FakeDialect.ChatOnly), tokenizer: true);
        PromptSource source = new PromptSource.Messages([User("Hi")]) { Variables = ["enable_thinking"] };

        RequestException e = Assert.Throws<RequestException>(() =>
            Complete(model, new CompletionRequest([5, 6], 16, [], Source: source))
        );

        Assert.Contains("answers messages only, and the prompts are token ids", e.Message);
        Assert.Contains("The prompts cannot be sent as messages instead: ", e.Message);
        Assert.Equal((2, 0), (e.ExitCode, e.Request));
    }

    [Fact]
    public void A_refusal_that_the_form_did_not_cause_is_reported_and_changes_no_form()
    {
        FakeServer fake = new(FakeDialect.Vllm, Servers.Tokens.Value);
        using EndpointModel model = Servers.Open(fake, tokenizer: true);
        CompletionRequest request = new([5, 6], 16, [], Source: Source(User("Hi")));
        int refusals = 0;
        for (int i = 0; i < 40; i++)
        {
            fake.Troubles.Enqueue(() =>
                FakeServer.Reply(HttpStatusCode.BadRequest, $$$"""{"error":{"message":"refusal {{{++refusals}}}."}}""")
            );
        }

        InputException e = Assert.Throws<InputException>(() => Complete(model, request));
        string last = fake.Seen[^1].Path;
        fake.Troubles.Clear();
        Complete(model, request);

        Assert.Equal("/v1/chat/completions", last);
        Assert.Contains($"refusal {refusals - 1}. Sent as messages instead: ", e.Message);
        Assert.Contains($"refusal {refusals}.", e.Message);
        Assert.Null(fake.Seen[^1].Body["messages"]);
        Assert.NotNull(fake.Seen[^1].Body["prompt"]);
    }

    [Fact]
    public void Stop_texts_end_a_reply_wherever_the_server_left_them()
    {
        FakeServer fake = new(FakeDialect.ChatOnly);
        using EndpointModel model = Servers.Open(fake);

        Completion written = Complete(
            model,
            new CompletionRequest([], 16, [], Source: Source(User("one END two")), Stops: ["END", "two"])
        )[0];

        Assert.EndsWith("one ", written.Text);
        Assert.Equal(FinishReason.Stop, written.Finish);
        Assert.Equal("""["END","two"]""", fake.Seen[^1].Body["stop"]!.ToJsonString());
    }

    [Theory]
    [InlineData("content_filter")]
    [InlineData(null)]
    public void An_end_that_is_neither_a_stop_nor_a_length_is_a_failure(string? word)
    {
        FakeServer fake = new(FakeDialect.ChatOnly);
        using EndpointModel model = Servers.Open(fake);
        Complete(model, Messages(User("Hi")));
        fake.Spoil = (_, answer) => answer["choices"]![0]!["finish_reason"] = word;

        Assert.Throws<RequestException>(() => Complete(model, Messages(User("Hi"))));
    }

    [Fact]
    public void Ollama_is_asked_for_no_shortening_no_thoughts_no_sampling_and_no_stream()
    {
        FakeServer fake = new(FakeDialect.Ollama);
        using EndpointModel model = Servers.Open(fake);

        Completion[] written = Complete(model, Messages(User("Hi")), Text("raw <text>"));

        Assert.Equal("raw <text>", written[1].Text);
        foreach (string path in (string[])["/api/chat", "/api/generate"])
        {
            JsonObject body = fake.Seen.Last(s => s.Path == path).Body;
            foreach (string no in (string[])["truncate", "shift", "stream", "think"])
            {
                Assert.False((bool)body[no]!, $"{path}: {no}");
            }

            Assert.Equal(0, (int)body["options"]!["temperature"]!);
            Assert.Equal(16, (int)body["options"]!["num_predict"]!);
        }

        Assert.True((bool)fake.Seen.Last(s => s.Path == "/api/generate").Body["raw"]!);
    }

    [Fact]
    public void Ollama_takes_no_ids_and_a_prompt_beyond_its_context_is_named()
    {
        using EndpointModel model = Servers.Open(new FakeServer(FakeDialect.Ollama with { Context = 100 }));

        Assert.Contains(
            "no token ids",
            Assert.Throws<InputException>(() => Complete(model, new CompletionRequest([5, 6], 4, []))).Message
        );
        RequestException e = Assert.Throws<RequestException>(() =>
            Complete(model, Text("short"), Text(new string('a', 200)))
        );
        Assert.Equal((1, 2), (e.Request, e.ExitCode));
        Assert.Contains("longer than the context", e.Message);
    }

    [Fact]
    public void A_completion_ends_at_the_context()
    {
        FakeServer fake = new(FakeDialect.Vllm with { Context = 10 }, Servers.Tokens.Value);
        using EndpointModel model = Servers.Open(fake);

        Complete(model, new CompletionRequest([5, 6, 7], 64, []));

        Assert.Equal(7, (int)fake.Seen[^1].Body["max_tokens"]!);
    }

    [Fact]
    public void A_trouble_in_between_changes_no_answer()
    {
        CompletionRequest[] requests =
        [
            .. Enumerable.Range(3, 20).Select(i => new CompletionRequest([i, i + 1], 5, [])),
        ];
        FakeServer calm = new(FakeDialect.Vllm, Servers.Tokens.Value);
        FakeServer troubled = new(FakeDialect.Vllm, Servers.Tokens.Value);
        for (int i = 0; i < 12; i++)
        {
            troubled.Troubles.Enqueue(
                i % 3 == 0 ? null : () => FakeServer.Reply(HttpStatusCode.InternalServerError, "{}")
            );
        }

        using EndpointModel one = Servers.Open(calm, concurrency: 1);
        using EndpointModel many = Servers.Open(troubled, concurrency: 8);

        Assert.Equal(
            Complete(one, requests).Select(c => (c.Text, c.Finish)),
            Complete(many, requests).Select(c => (c.Text, c.Finish))
        );
        Assert.True(troubled.Seen.Count > calm.Seen.Count);
    }

    private static JsonObject User(string text) => new() { ["role"] = "user", ["content"] = text };

    private static PromptSource Source(JsonObject message) => new PromptSource.Messages([message]);

    private static CompletionRequest Messages(JsonObject message) => new([], 16, [], Source: Source(message));

    private static CompletionRequest Text(string text) => new([], 16, [], Source: new PromptSource.Text(text));

    private static Completion[] Complete(EndpointModel model, params CompletionRequest[] requests)
    {
        Completion[] written = new Completion[requests.Length];
        model.Complete(requests, (i, c) => written[i] = c, TestContext.Current.CancellationToken);
        return written;
    }
}
