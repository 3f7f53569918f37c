using System.Text.Json.Nodes;
using Fulcrum.Models.Endpoint;
using Fulcrum.Tracing;
using Xunit;

namespace Fulcrum.Tests.Endpoint;

/// <summary>What <c>trace</c> sees of a server without measuring, through the routes of each kind of server.</summary>
public sealed class ServerCheckTests : IDisposable
{
    private const string Template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant] ";
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-served").FullName;

    public ServerCheckTests()
    {
        File.Copy(
            Path.Combine(SharedData.InProject("tokenizer", "smollm-layout"), "tokenizer.json"),
            Path.Combine(folder, "tokenizer.json")
        );
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"),
            new JsonObject { ["chat_template"] = Template }.ToJsonString()
        );
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"max_position_embeddings":4096}""");
    }

    public static TheoryData<string> Kinds => ["vllm", "llamacpp", "ollama", "system", "library"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_is_found_on_a_server_that_renders_as_the_folder_does(string owner) =>
        Assert.Empty(Found(Server(owner)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Another_chat_template_of_the_server_is_found_with_both_texts_or_counts(string owner)
    {
        FakeServer server = Server(owner);
        server.Renders = messages => $"<chat>{Right(messages)}";

        TraceFinding only = Assert.Single(Found(server));
        Assert.Equal((TraceRung.Server, TraceCause.Template), (only.Rung, only.Cause));
        Assert.Contains("the folder's chat template makes", only.Detail);
    }

    [Theory]
    [InlineData("vllm")]
    [InlineData("llamacpp")]
    [InlineData("system")]
    public void A_token_before_every_text_is_found(string owner)
    {
        FakeServer server = Server(owner);
        server.Before = [1];

        TraceFinding only = Assert.Single(Found(server));
        Assert.Equal((TraceRung.Server, TraceCause.Bos), (only.Rung, only.Cause));
    }

    [Theory]
    [InlineData("vllm")]
    [InlineData("llamacpp")]
    [InlineData("ollama")]
    public void A_shorter_context_is_found_with_both_lengths(string owner)
    {
        FakeServer server = Server(owner, context: 2048);

        TraceFinding only = Assert.Single(Found(server));
        Assert.Equal((TraceRung.Server, TraceCause.Context), (only.Rung, only.Cause));
        Assert.Contains("4096", only.Detail);
        Assert.Contains("2048", only.Detail);
    }

    [Fact]
    public void A_system_prompt_of_the_server_is_found_with_its_text()
    {
        TraceFinding only = Assert.Single(Found(Server("ollama", system: "Answer like a pirate.")));

        Assert.Equal((TraceRung.Server, TraceCause.Template), (only.Rung, only.Cause));
        Assert.Contains("pirate", only.Detail);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    private IReadOnlyList<TraceFinding> Found(FakeServer server)
    {
        using EndpointModel model = Servers.Open(server, tokenizer: true);
        return ServerCheck.Compare(model, folder, folder, TestContext.Current.CancellationToken);
    }

    private static FakeServer Server(string owner, int context = 4096, string? system = null)
    {
        FakeDialect dialect = owner switch
        {
            "vllm" => FakeDialect.Vllm,
            "llamacpp" => FakeDialect.Llama,
            "ollama" => FakeDialect.Ollama,
            "system" => FakeDialect.TextOnly,
            _ => FakeDialect.ChatOnly,
        };
        return new FakeServer(dialect with { Context = context, System = system }, Servers.Tokens.Value)
        {
            Renders = Right,
        };
    }

    private static string Right(JsonArray messages) =>
        string.Concat(messages.Select(m => $"[{m!["role"]}] {m["content"]}\n")) + "[assistant] ";
}
