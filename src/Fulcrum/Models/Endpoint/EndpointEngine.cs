using Fulcrum.Files;
using Fulcrum.Tokenization;

namespace Fulcrum.Models.Endpoint;

/// <summary>Opens models on OpenAI-compatible servers and on Ollama.</summary>
/// <param name="warn">Called with a sentence if the server changes prompts, for example by a system prompt.</param>
public sealed class EndpointEngine(Action<string>? warn = null) : IEngine
{
    /// <summary>Sends the requests; null: over the network. For tests.</summary>
    internal HttpMessageHandler? Transport { get; init; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Environment { get; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["fulcrum"] = typeof(EndpointEngine).Assembly.GetName().Version?.ToString(3) ?? "",
            [".net"] = System.Environment.Version.ToString(),
        };

    /// <inheritdoc/>
    public bool Opens(ModelSource source) => source is ModelSource.Endpoint;

    /// <summary>Refuses settings that only a model on this machine can have.</summary>
    /// <exception cref="InputException">The model has an adapter, a dtype or a quantisation, or the address is
    /// invalid.</exception>
    public ModelSpec Resolve(ModelSpec model)
    {
        ServerAddress.Parse(Of(model).Url);
        return model switch
        {
            { Adapter: not null } => throw new InputException(
                "an adapter cannot be applied to a model on a server; the server must serve the adapted model itself"
            ),
            { Dtype: not Dtype.Auto } or { Quantization: not Quantization.None } => throw new InputException(
                "dtype and quantization are the server's; they cannot be chosen for a model on a server"
            ),
            _ => model,
        };
    }

    /// <summary>Returns a digest of address, name and tokenizer.</summary>
    /// <remarks>It does not include the weights, which cannot be read.</remarks>
    public string DigestOf(ModelSpec model)
    {
        ModelSource.Endpoint source = Of(model);
        string tokenizer = source.TokenizerFolder is { } folder
            ? Sha256.OfFile(Path.Combine(folder, "tokenizer.json"))
            : "none";
        return Sha256.OfTexts($"{ServerAddress.Parse(source.Url)}\n{source.Served}\n{tokenizer}");
    }

    /// <inheritdoc/>
    public PromptEncoding LoadEncoding(ModelSpec model) =>
        Of(model).TokenizerFolder is { } folder ? PromptEncoding.Load(folder) : PromptEncoding.OfServer;

    /// <summary>Connects to a server and identifies its software and model.</summary>
    /// <exception cref="InputException">The server does not have the model, or the variable with the key is not
    /// set.</exception>
    /// <exception cref="FulcrumException">The server does not answer.</exception>
    public ILanguageModel Open(ModelSpec model)
    {
        ModelSource.Endpoint source = Of(Resolve(model));
        ServedTokens tokens = new(source.TokenizerFolder is { } folder ? Tokenizer.Load(folder) : null);
        ServerAddress address = ServerAddress.Parse(source.Url);
        string? key = source.ApiKeyVariable is { } variable ? KeyVariable.Value(variable) : null;
        if (key is not null && address.IsExposed)
        {
            warn?.Invoke($"the key travels to {address.Host} without encryption");
        }

        ServerConnection connection = new(address, key, Transport);
        try
        {
            return Open(connection, source, tokens);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private EndpointModel Open(ServerConnection connection, ModelSource.Endpoint source, ServedTokens tokens)
    {
        ServerFacts facts = Identification.Of(connection, source.Served, default).GetAwaiter().GetResult();
        if (facts.SystemPrompt is { } prompt)
        {
            warn?.Invoke(
                $"{connection.Address.Host} puts a system prompt of its own before conversations without one: "
                    + $"'{Printable.Excerpt(prompt, 200)}'"
            );
        }

        // Other servers refuse an unknown name.
        if (facts is { Listed: false, Software: ServerSoftware.LlamaServer })
        {
            warn?.Invoke(
                $"{connection.Address.Host} answers under any name; "
                    + $"it does not call its model '{Printable.Excerpt(source.Served, 80)}'"
            );
        }

        return new EndpointModel(new Server(connection, source.Served, facts, tokens), source.Concurrency);
    }

    private static ModelSource.Endpoint Of(ModelSpec model) =>
        model.Source as ModelSource.Endpoint ?? throw new InputException($"{model.Source} is not a model on a server");
}
