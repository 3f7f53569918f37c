using System.CommandLine;
using Fulcrum.Models;

namespace Fulcrum.Cli;

/// <summary>The options that name a model on a server in place of one on this machine.</summary>
internal sealed class EndpointOptions
{
    private readonly Option<string?> endpoint = new("--endpoint")
    {
        Description = "The address of an OpenAI-compatible server or of Ollama: http://host:8000/v1.",
    };
    private readonly ServedOptions served = new();

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(endpoint);
        served.AddTo(verb);
    }

    /// <summary>Returns the model on a server that the command line names; null: it names none.</summary>
    /// <exception cref="InputException">Options of a server are given without <c>--endpoint</c>, or the name of the
    /// model is missing.</exception>
    public ModelSource.Endpoint? Source(ParseResult parsed) =>
        served.At(parsed, parsed.GetValue(endpoint), endpoint.Name);

    /// <summary>Returns the folder that <c>--tokenizer</c> names; null for none.</summary>
    /// <exception cref="InputException">There is no such folder, and no such name on the hub.</exception>
    public string? TokenizerFolder(ParseResult parsed) => served.TokenizerFolder(parsed);
}
