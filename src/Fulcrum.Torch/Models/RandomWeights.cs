using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Normally distributed weights with standard deviation 0.02; norms are 1 and biases 0.</summary>
internal sealed class RandomWeights(long seed) : IWeightSource, IDisposable
{
    private readonly Generator random = RandomSources.ModelWeights(seed);

    /// <inheritdoc/>
    public Tensor Read(string name, long[] shape, ScalarType dtype)
    {
        if (shape.Length == 1)
        {
            return name.EndsWith("bias", StringComparison.Ordinal) ? zeros(shape, dtype) : ones(shape, dtype);
        }

        Tensor drawn = randn(shape, ScalarType.Float32, generator: random).mul_(0.02);
        if (dtype == ScalarType.Float32)
        {
            return drawn;
        }

        using (drawn)
        {
            return drawn.to_type(dtype);
        }
    }

    /// <inheritdoc/>
    public void ReadColumns(string name, long[] shape, Tensor to, long at)
    {
        using Tensor drawn = Read(name, shape, to.dtype);
        ColumnCopy.Run(NativeTensor.DataPointer(drawn), to.dtype, shape[0], shape[1], to, at);
    }

    /// <inheritdoc/>
    public void Dispose() => random.Dispose();
}
