using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Where a model's weights come from when it is loaded.</summary>
internal interface IWeightSource
{
    /// <summary>A new tensor on the CPU.</summary>
    /// <param name="dtype">Its type, whatever the stored one is.</param>
    Tensor Read(string name, long[] shape, ScalarType dtype);

    /// <summary>Copies a matrix, [out, in], into columns of a matrix of contiguous rows, [in, width].</summary>
    /// <param name="at">The first of the out columns of <paramref name="to"/>.</param>
    void ReadColumns(string name, long[] shape, Tensor to, long at);
}
