using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>Rows of the embedding or the head that were trained by themselves (PEFT's <c>trainable_token_indices</c>).
///</summary>
/// <param name="Module">The embedding's or the head's name.</param>
/// <param name="Ids">Token ids, one for each row.</param>
/// <param name="Rows">The trained rows themselves, not differences, [ids, hidden], float32.</param>
internal sealed record TokenRows(string Module, IReadOnlyList<int> Ids, Tensor Rows);

/// <summary>Everything that an adapter folder changes in a model.</summary>
/// <param name="Updates">Low-rank updates by module.</param>
/// <param name="Tables">The embedding and the head after training, by name, [vocabulary, hidden], float32.</param>
/// <param name="Biases">Trained biases by module.</param>
/// <param name="Rows">Single trained rows of the embedding and the head.</param>
internal sealed record AdapterContents(
    IReadOnlyList<(string Module, Adapter Update)> Updates,
    IReadOnlyDictionary<string, Tensor> Tables,
    IReadOnlyDictionary<string, Tensor> Biases,
    IReadOnlyList<TokenRows> Rows
);
