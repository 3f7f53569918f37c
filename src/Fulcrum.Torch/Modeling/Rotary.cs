using Fulcrum.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Modeling;

/// <summary>Cosines and sines of the positions of one forward pass.</summary>
/// <param name="Cos">[..., 1, headDim / 2], float32.</param>
/// <param name="Sin">As <paramref name="Cos"/>.</param>
internal sealed record Rotary(Tensor Cos, Tensor Sin)
{
    /// <param name="positions">[...], whole numbers.</param>
    /// <param name="frequencies">[headDim / 2], float32.</param>
    public static Rotary At(Tensor positions, Tensor frequencies)
    {
        Tensor angles = (positions.to_type(ScalarType.Float32).unsqueeze(-1) * frequencies).unsqueeze(-2);
        return new Rotary(angles.cos(), angles.sin());
    }

    /// <summary>Turns the heads: components i and i + headDim / 2 are a pair.</summary>
    /// <param name="heads">[..., heads, headDim]</param>
    public Tensor Turn(Tensor heads)
    {
        long half = heads.shape[^1] / 2;
        Tensor x = heads.to_type(ScalarType.Float32), a = x.narrow(-1, 0, half), b = x.narrow(-1, half, half);
        return cat([a * Cos - b * Sin, (b * Cos).Plus(a * Sin)], -1).to_type(heads.dtype);
    }

    /// <summary>Gives the tables to the scope outside the current one.</summary>
    public void MoveToOuterDisposeScope()
    {
        Cos.MoveToOuterDisposeScope();
        Sin.MoveToOuterDisposeScope();
    }
}
