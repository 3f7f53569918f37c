using System.CommandLine;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;

namespace Fulcrum.Cli;

/// <summary>The options that say what is asked of a server, apart from its address.</summary>
internal sealed class ServedOptions
{
    private readonly Option<string?> served = new("--served") { Description = "The server's name for the model." };
    private readonly Option<string?> tokenizer = new("--tokenizer")
    {
        Description =
            "A folder or ORG/NAME[@REVISION] with the model's tokenizer.json. With a server: prompts are rendered and "
            + "counted here instead of by the server, and texts can be scored. With a GGUF file: used in place of the "
            + "file's own.",
    };
    private readonly Option<string?> key = new("--api-key-env")
    {
        Description = "The environment variable that holds the server's key.",
    };
    private readonly Option<int> concurrency = CountOption.Of(
        "--concurrency",
        least: 1,
        "Maximum number of concurrent requests.",
        defaultValue: 4,
        most: 1000
    );

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[served, tokenizer, key, concurrency])
        {
            verb.Add(option);
        }
    }

    /// <summary>Returns the model on a server; null if there is no server.</summary>
    /// <param name="url">The server's address; null: there is no server.</param>
    /// <param name="option">The option that names the address, for messages.</param>
    /// <exception cref="InputException">Options of a server are given without a server, or the name of the model is
    /// missing, or the variable with the key is not set.</exception>
    public ModelSource.Endpoint? At(ParseResult parsed, string? url, string option)
    {
        if (url is null)
        {
            Option? alone = ((Option[])[served, key, concurrency]).FirstOrDefault(o =>
                parsed.GetResult(o) is { Implicit: false }
            );
            return alone is null
                ? null
                : throw new InputException($"{alone.Name} belongs to a server, but {option} names none");
        }

        // Before anything is written: a command that keeps its options must not keep a key in place of its variable.
        if (parsed.GetValue(key) is { } variable)
        {
            _ = KeyVariable.Value(variable);
        }

        return parsed.GetValue(served) is { Length: > 0 } name
            ? new ModelSource.Endpoint(
                url,
                name,
                TokenizerFolder(parsed),
                parsed.GetValue(key),
                parsed.GetValue(concurrency)
            )
            : throw new InputException($"{option} needs --served, the server's name for the model");
    }

    /// <summary>Returns the folder that <c>--tokenizer</c> names; null for none.</summary>
    /// <exception cref="InputException">There is no such folder, and no such name on the hub.</exception>
    public string? TokenizerFolder(ParseResult parsed) =>
        parsed.GetValue(tokenizer) is { } folder
            ? HubAccess.Place(parsed, "--tokenizer", folder, weights: false)
            : null;
}
