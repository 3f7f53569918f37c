using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Who sees whom, and where keys and values are kept: the one thing that differs between full sequences,
/// cached steps and packs of a tree.</summary>
internal interface IAttention
{
    /// <summary>Attention of one layer.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="query">[..., heads, headDim], turned; the scores are query · key / sqrt(headDim).</param>
    /// <param name="key">[..., keyValueHeads, headDim], turned.</param>
    /// <param name="value">[..., keyValueHeads, headDim]</param>
    /// <param name="window">How many positions back (itself included) a token sees; null: all.</param>
    /// <returns>[..., heads * headDim]</returns>
    Tensor Attend(int layer, Tensor query, Tensor key, Tensor value, int? window);
}
