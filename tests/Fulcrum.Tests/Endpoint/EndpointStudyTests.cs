using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Xunit;

namespace Fulcrum.Tests.Endpoint;

/// <summary>Studies whose candidate is a model on a server.</summary>
public sealed class EndpointStudyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-endpoint").FullName;

    public EndpointStudyTests()
    {
        string tokenizer = SharedData.InProject("tokenizer", "smollm-layout");
        Directory.CreateDirectory(Path.Combine(folder, "model"));
        File.Copy(Path.Combine(tokenizer, "tokenizer.json"), Path.Combine(folder, "model", "tokenizer.json"));
        File.WriteAllText(
            Path.Combine(folder, "model", "tokenizer_config.json"),
            new JsonObject
            {
                ["eos_token"] = "<|im_end|>",
                ["chat_template"] = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant] ",
            }.ToJsonString()
        );
        File.WriteAllText(Path.Combine(folder, "model", "config.json"), """{"eos_token_id":2}""");
        File.WriteAllLines(
            Path.Combine(folder, "choices.jsonl"),
            Enumerable
                .Range(0, 24)
                .Select(i =>
                    $$"""{"question":"{{i}} plus one?","a":"{{i + 1}}","b":"{{i + 3}}","answer":"{{"AB"[i % 2]}}"}"""
                )
        );
        File.WriteAllLines(
            Path.Combine(folder, "texts.jsonl"),
            Enumerable.Range(0, 24).Select(i => $$"""{"prompt":"Write the number {{i}}.","target":"{{i}}"}""")
        );
    }

    [Theory]
    [InlineData("vllm")]
    [InlineData("llamacpp")]
    public void Answers_of_a_server_are_the_same_bytes_in_whatever_order_its_replies_arrive(string owner)
    {
        FakeDialect dialect = owner == "vllm" ? FakeDialect.Vllm : FakeDialect.Llama;
        FakeServer calm = new(dialect, Servers.Tokens.Value),
            hasty = new(dialect, Servers.Tokens.Value) { Delay = n => Task.Delay(n * 7 % 5) };

        string one = Run(calm, Choices + "," + Texts, concurrency: 1),
            many = Run(hasty, Choices + "," + Texts, concurrency: 8);

        Assert.True(hasty.MostAtWork > 1);
        foreach (string name in (string[])["choices.jsonl", "texts.jsonl", "choices.protocol.json"])
        {
            string at = Path.Combine("candidates", "served", name);
            Assert.Equal(File.ReadAllText(Path.Combine(one, at)), File.ReadAllText(Path.Combine(many, at)));
        }
    }

    [Fact]
    public void The_protocol_holds_what_the_server_can_do_and_differs_from_the_base_only_in_engine_and_form()
    {
        string run = Run(new FakeServer(FakeDialect.Vllm, Servers.Tokens.Value), Choices + "," + Texts);

        foreach (string task in (string[])["choices", "texts"])
        {
            IReadOnlyList<ProtocolDifference> differences = Protocol.Differences(
                Path.Combine(run, "base", task + ".protocol.json"),
                Path.Combine(run, "candidates", "served", task + ".protocol.json")
            );
            Assert.All(differences, d => Assert.True(d.IsOfForm, d.ToString()));
            Assert.Contains(differences, d => d is { Field: "endpoint.software", Second: "Vllm" });
        }

        Assert.Contains("endpoint.log-likelihoods", Protocols(run, "choices"));
        Assert.Contains("endpoint.prompts", Protocols(run, "texts"));
    }

    [Fact]
    public void A_server_for_conversations_answers_a_written_task_by_its_own_template()
    {
        string run = Run(new FakeServer(FakeDialect.ChatOnly), Texts, tokenizer: false);

        Assert.Equal("the server's", (string?)JsonNode.Parse(Protocols(run, "texts"))!["template"]);
        Assert.Equal(24, AnswerFile.Read(Path.Combine(run, "candidates", "served", "texts.jsonl")).Count);
    }

    [Fact]
    public void A_task_that_needs_more_than_the_server_can_do_is_refused_before_the_candidate_is_measured()
    {
        FakeServer server = new(FakeDialect.ChatOnly);

        InputException refused = Assert.Throws<InputException>(() =>
            Run(server, Texts + "," + Choices, tokenizer: false)
        );

        Assert.Contains("task choices", refused.Message);
        Assert.False(File.Exists(Path.Combine(folder, "run-4", "candidates", "served", "texts.jsonl")));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    private const string Choices = """
        "choices": { "kind": "multiple-choice", "file": "choices.jsonl", "options": ["a", "b"], "role": "general" }
        """;

    private const string Texts = """
        "texts": { "kind": "generation", "file": "texts.jsonl", "matching": "exact", "maxNewTokens": 6,
                   "role": "target" }
        """;

    private string Protocols(string run, string task) =>
        File.ReadAllText(Path.Combine(run, "candidates", "served", task + ".protocol.json"));

    private string Run(FakeServer server, string tasks, int concurrency = 4, bool tokenizer = true)
    {
        string path = Path.Combine(folder, "study.json"),
            output = Path.Combine(folder, $"run-{concurrency}");
        File.WriteAllText(
            path,
            $$"""
            { "base": "model", "tasks": { {{tasks}} },
              "candidates": { "served": { "endpoint": "http://server.example:8000/v1", "served": "served",
                                          "concurrency": {{concurrency}}{{(
                tokenizer ? ", \"tokenizer\": \"model\"" : ""
            )}} } } }
            """
        );
        Study study = StudyFile.Load(path) with { OverrideGuards = GuardNames.All };
        ScriptedRuntime runtime = new(
            Path.Combine(folder, "model"),
            new(_ => "7", (_, text) => -text.Length),
            new(_ => "7", (_, text) => -text.Length)
        );
        using RunLock run = RunLock.Open(output);
        new Experiment(
            study,
            run,
            new Engines([runtime, new EndpointEngine { Transport = server }], runtime),
            s => StudyCorpus.Open(s, (_, _) => (_, _, _) => throw new InvalidOperationException()),
            new ExperimentSettings()
        ).Run(Stage.Compare, TestContext.Current.CancellationToken);
        return output;
    }
}
