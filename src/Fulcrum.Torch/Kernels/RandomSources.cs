using Fulcrum.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Every source of random numbers in this library, each named once.</summary>
internal static class RandomSources
{
    /// <summary>The first values of an adapter's A matrices. The seed is used directly, without a purpose, so that
    /// adapters of earlier versions can be trained again.</summary>
    public static Generator AdapterWeights(long seed) => new((ulong)seed, CPU);

    /// <summary>The weights of a random model.</summary>
    public static Generator ModelWeights(long seed) => new((ulong)seed, CPU);

    /// <summary>The weights that a random model folder is written with.</summary>
    public static RandomStream ModelFolder() => RandomStream.For(0, "random model");

    /// <summary>The tokens of a generated example.</summary>
    public static RandomStream ExampleTokens(int index) => RandomStream.For(index, "memory");

    /// <summary>The order of the examples of an epoch.</summary>
    public static RandomStream Batches(int seed, int epoch) => RandomStream.For(seed, $"batches of epoch {epoch}");

    /// <summary>Seeds libtorch's global generator, which its dropout reads, for one optimiser step.</summary>
    public static void SeedDropout(int seed, int step) =>
        manual_seed(RandomStream.For(seed, $"dropout of step {step}").NextInt(int.MaxValue));

    /// <summary>The draws of a sampled completion.</summary>
    public static Random Sampling(long seed) => new(unchecked((int)(seed ^ (seed >> 32))));
}
