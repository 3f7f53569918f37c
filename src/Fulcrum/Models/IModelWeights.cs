namespace Fulcrum.Models;

/// <summary>The weights of a model, one tensor at a time, by the names of its checkpoint
/// (<c>model.layers.0.mlp.up_proj.weight</c>).</summary>
internal interface IModelWeights : IDisposable
{
    /// <summary>Name and shape of every tensor.</summary>
    IReadOnlyDictionary<string, long[]> Shapes { get; }

    /// <summary>The smallest type that holds the values without rounding: <c>float32</c>, <c>bfloat16</c> or
    /// <c>float16</c>.</summary>
    string StoredDtype { get; }

    /// <summary>Reads the values of a tensor in row-major order.</summary>
    /// <exception cref="InputException">There is no such tensor, or it cannot be read.</exception>
    float[] Read(string name);
}
