using Fulcrum.Models.Endpoint;
using Fulcrum.Tokenization;

namespace Fulcrum.Tests.Endpoint;

/// <summary>Opens the model of a fake server.</summary>
internal static class Servers
{
    public static readonly ServerAddress Address = ServerAddress.Parse("http://server.example:8000/v1");

    public static readonly Lazy<Tokenizer> Tokens = new(() =>
        Tokenizer.Load(SharedData.InProject("tokenizer", "smollm-layout"))
    );

    public static ServerConnection Connect(HttpMessageHandler fake, string? key = null, TimeProvider? time = null) =>
        new(Address, key, fake, time ?? new ImpatientTime());

    public static EndpointModel Open(
        HttpMessageHandler fake,
        bool tokenizer = false,
        int concurrency = 4,
        string? key = null,
        TimeProvider? time = null
    )
    {
        ServerConnection connection = Connect(fake, key, time);
        ServerFacts facts = Identification.Of(connection, FakeServer.Served, default).GetAwaiter().GetResult();
        Server server = new(connection, FakeServer.Served, facts, new ServedTokens(tokenizer ? Tokens.Value : null));
        return new EndpointModel(server, concurrency);
    }
}
