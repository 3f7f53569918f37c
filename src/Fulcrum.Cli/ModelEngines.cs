using Fulcrum.Llama;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Fulcrum.Torch;

namespace Fulcrum.Cli;

/// <summary>The engines of the tool. What they have to say goes to standard error.</summary>
internal static class ModelEngines
{
    /// <summary>Opens model folders and trains adapters.</summary>
    public static TorchEngine Torch { get; } = new(Notices.Warn, Notices.Say);

    /// <summary>Opens GGUF files.</summary>
    public static LlamaEngine Llama { get; } = new();

    /// <summary>Asks models on servers.</summary>
    public static EndpointEngine Servers { get; } = new(Notices.Warn);

    /// <summary>All of them, with the trainer and the writer of GGUF files.</summary>
    public static Engines All { get; } = new([Torch, Llama, Servers], Torch, Exports.WriteGguf);

    /// <summary>Returns the engine that opens models of a source.</summary>
    public static IEngine For(ModelSource source) => All.For(source);
}
