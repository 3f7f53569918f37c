using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Builds the modules of a model. Weights are read and quantised one at a time, from their precision on
/// disk.</summary>
/// <param name="packing">How projections are quantised; null: not at all.</param>
internal sealed class ModelBuilder(
    ModelConfig config,
    Device device,
    ScalarType dtype,
    Packing? packing,
    IWeightSource weights
)
{
    private const string Embedding = "model.embed_tokens",
        Head = "lm_head";

    private readonly Dictionary<string, long[]> shapes = ModelLoader
        .Tensors(config)
        .ToDictionary(t => t.Name, t => t.Shape);

    private bool IsInt8 => packing is { IsInt8: true };

    /// <summary>Builds the model.</summary>
    public LanguageModel Build()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor embedding = config.TiedHead && !IsInt8 ? ColumnMajor(Embedding) : Read(Embedding + ".weight");
        Projection head = IsInt8
            ? new Projection(Head, Quantized(config.TiedHead ? Embedding : Head), null)
            : new Projection(Head, config.TiedHead ? embedding.alias() : ColumnMajor(Head), null);
        return new LanguageModel(
            config,
            device,
            dtype,
            embedding,
            [.. Enumerable.Range(0, config.Layers).Select(Layer)],
            Norm("model.norm"),
            head
        );
    }

    private DecoderLayer Layer(int index)
    {
        using DisposeScope scope = NewDisposeScope();
        Heap.GiveBack(); // the previous layer's temporary memory
        string layer = $"model.layers.{index}.",
            attention = layer + "self_attn.",
            mlp = layer + "mlp.";
        return new DecoderLayer(
            index,
            config,
            Norm(layer + "input_layernorm"),
            Fused(attention, "q_proj", "k_proj", "v_proj"),
            config.HeadNorms ? (Norm(attention + "q_norm"), Norm(attention + "k_norm")) : null,
            Linear(attention + "o_proj"),
            Norm(layer + "post_attention_layernorm"),
            Fused(mlp, "gate_proj", "up_proj"),
            Linear(mlp + "down_proj")
        );
    }

    private RmsNorm Norm(string name) => new(Read(name + ".weight"), config.NormEpsilon);

    private Projection Linear(string name) =>
        packing is null ? new Projection(name, ColumnMajor(name), Bias(name)) : QuantizedLinear(name);

    private Projection QuantizedLinear(string name) => new(name, Quantized(name), Bias(name));

    private FusedProjections Fused(string prefix, params string[] ends)
    {
        string[] names = [.. ends.Select(e => prefix + e)];
        Tensor[] biases = [.. names.Select(Bias).OfType<Tensor>()];
        Tensor? bias = biases.Length == 0 ? null : cat(biases, 0);
        (string, long)[] parts = [.. names.Select(n => (n, ShapeOf(n)[0]))];
        if (packing is null)
        {
            return new FusedProjections(ColumnMajor(names), bias, parts);
        }

        return QuantizedTogether(names) is { } weight
            ? new FusedProjections(weight, bias, parts)
            : new FusedProjections([.. names.Select(QuantizedLinear)]);
    }

    private IQuantizedWeight Quantized(string name)
    {
        using Tensor weight = weights.Read(name + ".weight", ShapeOf(name), ScalarType.Float32);
        return packing!.Of(weight);
    }

    // Returns several projections of one input as one weight; null if each is quantised by itself.
    private Int8Weight? QuantizedTogether(string[] names)
    {
        if (!IsInt8 || !Int8Weight.HasParts(names.Select(n => ShapeOf(n)[0])))
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        return Int8Weight.Of(
            cat([.. names.Select(n => weights.Read(n + ".weight", ShapeOf(n), ScalarType.Float32))], 0)
        );
    }

    private long[] ShapeOf(string name) => shapes[name + ".weight"];

    private Tensor? Bias(string name) => shapes.ContainsKey(name + ".bias") ? Read(name + ".bias") : null;

    private Tensor Read(string name) => OnDevice(weights.Read(name, shapes[name], dtype));

    // Returns the weights of projections below each other, [out, in], with columns that are contiguous in memory.
    private Tensor ColumnMajor(params string[] names)
    {
        long[][] parts = [.. names.Select(ShapeOf)];
        Tensor transposed = empty(parts[0][1], parts.Sum(p => p[0]), dtype: dtype); // [in, out]
        for (int i = 0; i < names.Length; i++)
        {
            weights.ReadColumns(names[i] + ".weight", parts[i], transposed, parts[..i].Sum(p => p[0]));
        }

        using Tensor rows = OnDevice(transposed);
        return rows.t();
    }

    // On the CPU returns the tensor itself: a second handle would keep it in memory until both are disposed.
    private Tensor OnDevice(Tensor tensor)
    {
        if (device.type == DeviceType.CPU)
        {
            return tensor;
        }

        using (tensor)
        {
            return tensor.to(device);
        }
    }
}
