using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Defines the attention mask and where keys and values are stored. Only this differs between full
/// sequences, decoding steps and node batches.</summary>
internal interface IAttention
{
    /// <summary>Attention of one layer.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="query">[..., heads, headDim], after the rotary embedding; the scores are query · key /
    /// sqrt(headDim).</param>
    /// <param name="key">[..., keyValueHeads, headDim], after the rotary embedding.</param>
    /// <param name="value">[..., keyValueHeads, headDim]</param>
    /// <param name="window">Number of positions, its own included, that a token attends to; null: all.</param>
    /// <returns>[..., heads * headDim]</returns>
    Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window);
}
