using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Fulcrum.Models.Endpoint;

/// <summary>One model on one server.</summary>
/// <param name="Served">The server's name of the model.</param>
internal sealed record Server(ServerConnection Connection, string Served, ServerFacts Facts, ServedTokens Tokens)
{
    /// <summary>Requests and tokens so far.</summary>
    public ServerUsage Usage { get; } = new();

    /// <summary>Sends a request to a route of OpenAI's protocol.</summary>
    public Task<T> Ask<T>(string route, JsonObject body, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class => Connection.Ask(Connection.Address.Route(route), body, type, cancellation);

    /// <summary>Sends a request to a route outside of OpenAI's protocol.</summary>
    public Task<T> AskOwnRoute<T>(string route, JsonObject body, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class => Connection.Ask(Connection.Address.OwnRoute(route), body, type, cancellation);

    /// <summary>Returns a log-probability after a check.</summary>
    /// <exception cref="ReplyException">It is missing, not finite, or above 0.</exception>
    public double Value(double? logProbability) =>
        logProbability is { } value && double.IsFinite(value) && value <= 1e-3
            ? value
            : throw new ReplyException(
                $"{this} gave {(logProbability is { } wrong ? wrong.ToString("R") : "no value")} as a log-probability"
            );

    /// <summary>Token ids as JSON.</summary>
    public static JsonArray Array(IEnumerable<int> ids) => [.. ids.Select(id => JsonValue.Create(id))];

    /// <summary>Adds fields to a request.</summary>
    public static void Add(JsonObject body, JsonObject? more)
    {
        foreach ((string name, JsonNode? value) in more ?? [])
        {
            body[name] = value?.DeepClone();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Connection.Address.Host;
}
