namespace Fulcrum.Models.Endpoint;

/// <summary>What a server says of itself, before it is asked for anything.</summary>
internal static class Identification
{
    /// <summary>Asks for the list of models and for the additional facts that some servers tell.</summary>
    /// <exception cref="FulcrumException">Nobody answers, or the key is missing or wrong.</exception>
    /// <exception cref="InputException">The server does not hold the model.</exception>
    public static async Task<ServerFacts> Of(ServerConnection connection, string served, CancellationToken cancellation)
    {
        ModelListReply? list = await connection.Read(
            connection.Address.Route("models"),
            ServerJson.Default.ModelListReply,
            cancellation,
            first: true
        );
        OllamaVersionReply? ollama = await connection.Read(
            connection.Address.Beside("api/version"),
            ServerJson.Default.OllamaVersionReply,
            cancellation
        );
        string[] names = [.. (list?.Data ?? []).Select(m => m?.Id).OfType<string>()];
        return ollama?.Version is not null
            ? await Ollama.Facts(connection, served, names, cancellation)
            : Of(connection, served, list?.Data ?? [], names);
    }

    /// <summary>The refusal of a model that the server does not hold.</summary>
    public static InputException NotServed(ServerConnection connection, string served, IEnumerable<string> names) =>
        new(
            $"{connection.Address} has no model '{Quoted.Line(served, 80)}'; "
                + $"it serves {Quoted.Line(string.Join(", ", names.Select(n => $"'{n}'")), 200)}"
        );

    // Only servers that surely refuse another name are refused here: some list a part of their models, and some answer
    // under any name. A first small request shows the others.
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
