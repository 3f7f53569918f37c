using System.Net;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Xunit;

namespace Fulcrum.Tests.Endpoint;

/// <summary>Replies that real servers gave, all for the same model.</summary>
public sealed class RecordedServersTests
{
    // "The baker counted" and " twelve apples"
    private static readonly int[] Prompt = [306, 273, 67, 77, 263, 433];
    private static readonly int[] Continuation = [260, 89, 71, 78, 354, 259, 82, 82, 78, 274];

    [Fact]
    public async Task Three_ways_to_the_same_log_likelihood_agree_on_two_servers()
    {
        Server vllm = Open("vllm", "echo-as-token-ids", "prompt-logprobs-1");
        Server llama = Open("llama-server", "forced-by-grammar");
        Completions completions = new(vllm, PromptForm.Ids, namesIds: true, values: true);

        ContinuationScore[] scores =
        [
            await Score(new SequenceScoring("echo", completions, new EchoValues(vllm, completions).Of)),
            await Score(new SequenceScoring("prompt values", completions, new PromptValues(vllm, completions).Of)),
            await Score(new ForcedScoring(llama, plain: 260)),
        ];

        Assert.All(scores, s => Assert.Equal(scores[0].LogLikelihood, s.LogLikelihood, 1e-5));
        Assert.All(scores, s => Assert.Equal((false, 10), (s.Greedy, s.Tokens)));
        Assert.InRange(scores[0].LogLikelihood, -90, -40);
    }

    [Theory]
    [InlineData("vllm", "too-long", "512")]
    [InlineData("llama-server", "too-long", "512")]
    [InlineData("vllm", "token-out-of-range", "999999")]
    [InlineData("vllm", "wrong-model", "nobody")]
    [InlineData("vllm", "no-such-route", "Not Found")]
    [InlineData("llama-server", "no-such-route", "File Not Found")]
    public async Task A_refusal_keeps_the_servers_own_words(string server, string exchange, string expected)
    {
        Server open = Open(server, exchange);

        ServerRefusal e = await Assert.ThrowsAsync<ServerRefusal>(() =>
            open.Ask("completions", [], ServerJson.Default.CompletionReply, TestContext.Current.CancellationToken)
        );

        Assert.Equal(2, e.ExitCode);
        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public async Task Ids_that_llama_cpp_python_does_not_take_are_sent_once()
    {
        Server open = Open("llama-cpp-python", "greedy-ids");

        ServerRefusal e = await Assert.ThrowsAsync<ServerRefusal>(() =>
            open.Ask("completions", [], ServerJson.Default.CompletionReply, TestContext.Current.CancellationToken)
        );

        Assert.True(e.IsNotTaken);
    }

    [Theory]
    [InlineData("vllm")]
    [InlineData("llama-server")]
    public async Task A_chat_is_read(string server)
    {
        Server open = Open(server, "chat-plain");

        WrittenText written = await new ChatWriter(open, new ServerChat(new ChatRoute(open).Answer)).Write(
            new ServerPrompt.OfMessages([new JsonObject { ["role"] = "user", ["content"] = "Say hi." }]),
            new WritingLimits(4, [], null),
            TestContext.Current.CancellationToken
        );

        Assert.Equal(FinishReason.Length, written.Finish);
        Assert.Equal((22, 4), (open.Usage.PromptTokens, open.Usage.CompletionTokens));
    }

    [Theory]
    [InlineData("vllm", ServerSoftware.Vllm, null)]
    [InlineData("llama-server", ServerSoftware.LlamaServer, 512)]
    public async Task A_server_is_recognised_by_its_list_of_models(string server, object software, int? vocabulary)
    {
        using ServerConnection connection = Servers.Connect(new Recorded(server, "models", "no-such-route"));

        ServerFacts facts = await Identification.Of(connection, "served", TestContext.Current.CancellationToken);

        Assert.Equal(new ServerFacts((ServerSoftware)software, true, 512, vocabulary), facts);
    }

    private static Server Open(string server, params string[] exchanges) =>
        new(
            Servers.Connect(new Recorded(server, exchanges)),
            "served",
            new ServerFacts(ServerSoftware.Other, true, 512, 512),
            new ServedTokens(null)
        );

    private static async Task<ContinuationScore> Score(IScoring scoring) =>
        (await scoring.Score(Prompt, [Continuation], TestContext.Current.CancellationToken))[0];

    /// <summary>Gives recorded replies in the order of their names, whatever it is asked.</summary>
    private sealed class Recorded(string server, params string[] exchanges) : HttpMessageHandler
    {
        private readonly Queue<string> names = new(exchanges);

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            string name = names.Dequeue();
            JsonNode exchange = File.ReadLines(SharedData.Of("golden", "endpoints", $"{server}.jsonl"))
                .Select(line => JsonNode.Parse(line)!)
                .First(e => (string)e["name"]! == name);
            return Task.FromResult(
                FakeServer.Reply((HttpStatusCode)(int)exchange["status"]!, exchange["response"]!.ToJsonString())
            );
        }
    }
}
