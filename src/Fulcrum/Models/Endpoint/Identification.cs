namespace Fulcrum.Models.Endpoint;

/// <summary>Identifies a server: its software, and what it reports about the model.</summary>
internal static class Identification
{
    /// <summary>Requests the list of models, and the additional facts that some servers report.</summary>
    /// <exception cref="FulcrumException">The server does not answer, or the key is missing or wrong.</exception>
    /// <exception cref="InputException">The server does not have the model.</exception>
    public static async Task<ServerFacts> Of(ServerConnection connection, string served, CancellationToken cancellation)
    {
        ModelListReply? list = await connection.Read(
            connection.Address.Route("models"),
            ServerJson.Default.ModelListReply,
            cancellation,
            first: true
        );
        OllamaVersionReply? ollama = await connection.Read(
            connection.Address.OwnRoute("api/version"),
            ServerJson.Default.OllamaVersionReply,
            cancellation
        );
        string[] names = [.. (list?.Data ?? []).Select(m => m?.Id).OfType<string>()];
        return ollama?.Version is not null
            ? await Ollama.Facts(connection, served, names, cancellation)
            : Of(connection, served, list?.Data ?? [], names);
    }

    /// <summary>Returns the error for a model that the server does not have.</summary>
    public static InputException NotServed(ServerConnection connection, string served, IEnumerable<string> names) =>
        new(
            $"{connection.Address} has no model '{Printable.Excerpt(served, 80)}'; "
                + $"it serves {Printable.Excerpt(string.Join(", ", names.Select(n => $"'{n}'")), 200)}"
        );

    // A name that is missing in the list is an error only for software that lists all of its models and refuses other
    // names. For the others the first small request shows whether the name is accepted.
    private static ServerFacts Of(
        ServerConnection connection,
        string served,
        IReadOnlyList<ModelListReply.Model?> models,
        string[] names
    )
    {
        ModelListReply.Model? mine = models.FirstOrDefault(m => m?.Id == served) ?? models.FirstOrDefault();
        ServerSoftware software = SoftwareOf(mine?.OwnedBy);
        if (software is ServerSoftware.Vllm or ServerSoftware.Sglang && !names.Contains(served))
        {
            throw NotServed(connection, served, names);
        }

        return new ServerFacts(
            software,
            names.Length == 0 ? null : names.Contains(served),
            Positive(mine?.MaxModelLen ?? mine?.Meta?.NCtx ?? mine?.Meta?.NCtxTrain),
            Positive(mine?.Meta?.NVocab)
        );
    }

    private static int? Positive(int? number) => number > 0 ? number : null;

    private static ServerSoftware SoftwareOf(string? owner) =>
        owner switch
        {
            "vllm" => ServerSoftware.Vllm,
            "sglang" => ServerSoftware.Sglang,
            "llamacpp" => ServerSoftware.LlamaServer,
            _ => ServerSoftware.Other,
        };
}
