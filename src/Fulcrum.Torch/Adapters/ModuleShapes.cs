using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>A linear module that an adapter may change.</summary>
/// <param name="Name">The checkpoint's name without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Out">Size of the output.</param>
/// <param name="In">Size of the input.</param>
/// <param name="HasBias">The module has a bias.</param>
internal sealed record ModuleShape(string Name, long Out, long In, bool HasBias);

/// <summary>The modules of a model as adapters see them: names and shapes, no weights.</summary>
/// <param name="Linear">The linear modules of all layers, then the head.</param>
/// <param name="VocabularySize">Rows of the embedding and of the head.</param>
/// <param name="HiddenSize">Columns of the embedding and of the head.</param>
/// <param name="TiedHead">The head is the embedding.</param>
/// <param name="Device">The device of the weights.</param>
/// <param name="Table">Returns the current embedding or head, [vocabulary, hidden], by its name.</param>
internal sealed record ModuleShapes(
    IReadOnlyList<ModuleShape> Linear,
    long VocabularySize,
    long HiddenSize,
    bool TiedHead,
    Device Device,
    Func<string, Tensor> Table
)
{
    /// <summary>The embedding's name in checkpoints.</summary>
    public const string Embedding = "model.embed_tokens";

    /// <summary>The head's name in checkpoints.</summary>
    public const string Head = "lm_head";
}
