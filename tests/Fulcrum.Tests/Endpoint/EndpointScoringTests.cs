using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Xunit;

namespace Fulcrum.Tests.Endpoint;

public sealed class EndpointScoringTests
{
    private static readonly ScoreRequest[] Requests =
    [
        new(
            [5, 6, 7],
            [
                [8],
                [9, 10, 11],
                [],
            ]
        ),
        new(
            [40],
            [
                [41, 42],
            ]
        ),
        new([100, 200, 300, 400], [FakeServer.Greedy([100, 200, 300, 400], 3).Ids]),
    ];

    public static TheoryData<string> Kinds => ["vllm", "prompt", "llama"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Echo_prompt_values_and_forcing_give_the_models_log_likelihoods(string kind)
    {
        using EndpointModel model = Servers.Open(new FakeServer(Dialect(kind)));

        ContinuationScore[][] scores = Score(model, Requests);

        for (int i = 0; i < Requests.Length; i++)
        {
            Assert.Equal(
                Requests[i].Continuations.Select(c => FakeServer.Score(Requests[i].Prompt, c)),
                scores[i].Select(s => s.LogLikelihood),
                (a, b) => Math.Abs(a - b) < 1e-9
            );
        }

        Assert.True(scores[2][0].Greedy);
        Assert.False(scores[0][1].Greedy);
        Assert.Equal(new ContinuationScore(0, true, 0), scores[0][2]);
    }

    [Fact]
    public void Texts_are_sent_where_a_server_takes_no_ids()
    {
        FakeServer fake = new(FakeDialect.TextOnly, Servers.Tokens.Value);
        using EndpointModel model = Servers.Open(fake, tokenizer: true);
        int[] all = Servers.Tokens.Value.Encode("The answer is twelve.", true);

        ContinuationScore[][] scores = Score(model, [new ScoreRequest(all[..3], [all[3..]])]);

        Assert.Equal(FakeServer.Score(all[..3], all[3..]), scores[0][0].LogLikelihood, 1e-9);
        Assert.Equal("The answer is twelve.", (string)fake.Seen[^1].Body["prompt"]!);
    }

    [Fact]
    public void Ids_that_are_no_text_are_refused_where_a_server_takes_texts_only()
    {
        using EndpointModel model = Servers.Open(
            new FakeServer(FakeDialect.TextOnly, Servers.Tokens.Value),
            tokenizer: true
        );
        // Two letters, that the tokenizer would join.
        int[] letters = [.. Servers.Tokens.Value.Encode("t", false), .. Servers.Tokens.Value.Encode("h", false)];

        RequestException e = Assert.Throws<RequestException>(() =>
            Score(
                model,
                [
                    new ScoreRequest(
                        letters,
                        [
                            [5],
                        ]
                    ),
                ]
            )
        );

        Assert.Equal(2, e.ExitCode);
        Assert.Contains("not what the tokenizer makes of their text", e.Message);
    }

    [Fact]
    public void Special_tokens_and_parts_of_characters_get_their_values_from_the_whole_vocabulary()
    {
        FakeServer fake = new(FakeDialect.Llama, Servers.Tokens.Value);
        using EndpointModel model = Servers.Open(fake, tokenizer: true);
        int special = Servers.Tokens.Value.TokenId("<|end|>")!.Value;
        int part = Enumerable.Range(3, 300).First(id => Servers.Tokens.Value.Decode([id]) == "\uFFFD");
        int[] continuation = [.. Servers.Tokens.Value.Encode("yes", false), special, part];

        ContinuationScore[][] scores = Score(model, [new ScoreRequest([5, 6], [continuation])]);

        Assert.Equal(FakeServer.Score([5, 6], continuation), scores[0][0].LogLikelihood, 1e-9);
        Assert.Equal(2, fake.Seen.Count(s => s.Body["logit_bias"] is not null));
    }

    [Fact]
    public void One_request_scores_all_single_tokens_if_only_top_tokens_are_reported()
    {
        FakeServer fake = new(FakeDialect.TopOnly);
        using EndpointModel model = Servers.Open(fake);
        int first = FakeServer.Greedy([5, 6], 1).Ids[0];
        int second = Enumerable.Range(3, 2400).MaxBy(t => t == first ? -99 : FakeServer.LogProbability([5, 6], t));
        Score(
            model,
            [
                new ScoreRequest(
                    [5, 6],
                    [
                        [first],
                    ]
                ),
            ]
        );
        int before = fake.Seen.Count;

        ContinuationScore[][] scores = Score(
            model,
            [
                new(
                    [5, 6],
                    [
                        [second],
                        [first],
                    ]
                ),
                new(
                    [5, 6],
                    [
                        [first],
                    ]
                ),
            ]
        );

        Assert.Equal(before + 1, fake.Seen.Count);
        Assert.Equal(FakeServer.LogProbability([5, 6], second), scores[0][0].LogLikelihood, 1e-9);
        Assert.Equal([false, true, true], scores.SelectMany(s => s).Select(s => s.Greedy));
    }

    [Theory]
    [InlineData(new[] { 7, 8 }, "2 tokens")] // more than one
    [InlineData(new[] { 2400 }, "not among the 5 most likely")] // one that is not told
    public void What_the_most_likely_tokens_do_not_tell_is_refused(int[] continuation, string expected)
    {
        using EndpointModel model = Servers.Open(new FakeServer(FakeDialect.TopOnly));

        RequestException e = Assert.Throws<RequestException>(() =>
            Score(model, [new([5], [FakeServer.Greedy([5], 1).Ids]), new([5, 6], [continuation])])
        );

        Assert.Equal((2, 1), (e.ExitCode, e.Request));
        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public void An_echo_whose_values_are_one_place_off_is_refused_before_anything_is_scored()
    {
        FakeServer fake = new(new FakeDialect("me", Echo: FakeEcho.OnePlaceOff));
        using EndpointModel model = Servers.Open(fake);

        InputException e = Assert.Throws<InputException>(() => Score(model, Requests));

        Assert.Contains("contradicts itself", e.Message);
        Assert.InRange(fake.Seen.Count, 1, 8);
    }

    [Theory]
    [InlineData("other")]
    [InlineData("null")]
    [InlineData("short")]
    [InlineData("positive")]
    [InlineData("none")]
    [InlineData("shape")]
    public void A_wrong_reply_is_a_failure_and_no_score(string how)
    {
        FakeServer fake = new(FakeDialect.Vllm);
        using EndpointModel model = Servers.Open(fake);
        Score(model, [Requests[1]]);
        fake.Spoil = (_, answer) => Spoil(answer, how);

        Assert.Throws<RequestException>(() => Score(model, Requests));
    }

    [Fact]
    public void A_token_in_front_that_was_not_sent_is_noticed()
    {
        FakeServer fake = new(FakeDialect.TextOnly, Tokenizer("llama2-layout"));
        using EndpointModel model = Servers.Open(fake, tokenizer: true);

        FulcrumException e = Assert.ThrowsAny<FulcrumException>(() =>
            Score(
                model,
                [
                    new ScoreRequest(
                        Servers.Tokens.Value.Encode("The answer", true),
                        [
                            [500],
                        ]
                    ),
                ]
            )
        );

        Assert.True(e.ExitCode is 1 or 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public void Answers_do_not_depend_on_the_order_of_arrival_and_the_limit_is_kept(int concurrency)
    {
        ScoreRequest[] many =
        [
            .. Enumerable
                .Range(3, 40)
                .Select(i => new ScoreRequest(
                    [i],
                    [
                        [i + 1, i + 2],
                    ]
                )),
        ];
        FakeServer fake = new(FakeDialect.Vllm);
        using EndpointModel model = Servers.Open(fake, concurrency: concurrency);
        Score(model, many[..1]);
        // The first of a group of requests leaves last.
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int arrived = 0;
        fake.Delay = _ =>
        {
            if (Interlocked.Increment(ref arrived) >= concurrency)
            {
                open.TrySetResult();
            }

            return open.Task;
        };

        ContinuationScore[][] scores = Score(model, many);

        Assert.Equal(
            many.Select(r => FakeServer.Score(r.Prompt, r.Continuations[0])),
            scores.Select(s => s[0].LogLikelihood),
            (a, b) => Math.Abs(a - b) < 1e-9
        );
        Assert.Equal(concurrency, fake.MostAtWork);
    }

    [Fact]
    public void Servers_without_log_likelihoods_are_refused_after_a_few_requests()
    {
        foreach (FakeDialect dialect in (FakeDialect[])[FakeDialect.ChatOnly, FakeDialect.Ollama])
        {
            FakeServer fake = new(dialect);
            using EndpointModel model = Servers.Open(fake);

            InputException e = Assert.Throws<InputException>(() => Score(model, Requests));

            Assert.Contains("log-likelihoods", e.Message);
            Assert.InRange(fake.Seen.Count, 1, 5);
        }
    }

    [Fact]
    public void Capabilities_are_probed_before_a_task_and_reported_for_the_protocol()
    {
        using EndpointModel echo = Servers.Open(new FakeServer(FakeDialect.Vllm));
        using EndpointModel top = Servers.Open(new FakeServer(FakeDialect.TopOnly));
        CompletionRequest written = new([5, 6], 4, []);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["endpoint.log-likelihoods"] = "echo of Ids",
                ["endpoint.prompts"] = "Ids",
                ["endpoint.software"] = "Vllm",
            },
            echo.Prepare(Requests, [written], TestContext.Current.CancellationToken)
        );
        RequestException e = Assert.Throws<RequestException>(() =>
            top.Prepare(Requests, [], TestContext.Current.CancellationToken)
        );
        Assert.Equal((0, 2), (e.Request, e.ExitCode));
    }

    private static Fulcrum.Tokenization.Tokenizer Tokenizer(string layout) =>
        Fulcrum.Tokenization.Tokenizer.Load(SharedData.InProject("tokenizer", layout));

    private static FakeDialect Dialect(string kind) =>
        kind switch
        {
            "vllm" => FakeDialect.Vllm,
            "prompt" => FakeDialect.PromptOnly,
            _ => FakeDialect.Llama,
        };

    private static void Spoil(JsonObject answer, string how)
    {
        JsonObject choice = answer["choices"]![0]!.AsObject();
        JsonObject lists = choice["logprobs"]!.AsObject();
        switch (how)
        {
            case "other":
                lists["tokens"]![1] = "token_id:1";
                break;
            case "null":
                lists["token_logprobs"]![1] = null;
                break;
            case "short":
                lists["token_logprobs"]!.AsArray().RemoveAt(0);
                break;
            case "positive":
                lists["token_logprobs"]![1] = 3;
                break;
            case "none":
                answer["choices"] = new JsonArray();
                break;
            default:
                choice["logprobs"] = new JsonObject { ["tokens"] = "many" };
                break;
        }
    }

    private static ContinuationScore[][] Score(EndpointModel model, IReadOnlyList<ScoreRequest> requests)
    {
        ContinuationScore[][] scores = new ContinuationScore[requests.Count][];
        model.Score(requests, (i, s) => scores[i] = [.. s], TestContext.Current.CancellationToken);
        return scores;
    }
}
