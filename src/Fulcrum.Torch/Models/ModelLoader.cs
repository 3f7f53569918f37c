using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>Builds a model from a folder, or with random weights from a configuration only.</summary>
internal static class ModelLoader
{
    // Older checkpoints contain these buffers, which follow from the configuration.
    private const string Ignored = ".rotary_emb.inv_freq";

    /// <summary>Loads a model folder; the plan has no <c>auto</c> left.</summary>
    /// <exception cref="InputException">A file is missing, or a tensor is missing, unexpected or of another shape;
    /// names it.</exception>
    public static LanguageModel Load(ModelSpec plan)
    {
        ModelConfig config = ModelConfig.Load(plan.Folder);
        using Checkpoint checkpoint = Checkpoint.Open(plan.Folder);
        Check(config, checkpoint, plan.Folder);
        (Device device, ScalarType dtype) = (Hardware.DeviceOf(plan.Device), Hardware.DtypeOf(plan.Dtype));
        return new ModelBuilder(config, device, dtype, Packing(plan, dtype, device), checkpoint).Build();
    }

    /// <summary>A model with normally distributed weights, for measuring speed.</summary>
    public static LanguageModel Random(
        ModelConfig config,
        Device device,
        ScalarType dtype,
        long seed = 0,
        Quantization quantization = Quantization.None,
        bool int8 = false
    )
    {
        using RandomWeights weights = new(seed);
        ModelSpec form = ModelSpec.InFolder("", int8 ? Dtype.Int8 : Dtype.F32, quantization);
        return new ModelBuilder(config, device, dtype, Packing(form, dtype, device), weights).Build();
    }

    /// <summary>The tensors that a model of this configuration has, with their shapes.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Tensors(ModelConfig c)
    {
        long q = (long)c.Heads * c.HeadDim,
            kv = (long)c.KeyValueHeads * c.HeadDim,
            d = c.HiddenSize,
            f = c.IntermediateSize;
        List<(string, long[])> all = [("model.embed_tokens.weight", [c.VocabularySize, d]), ("model.norm.weight", [d])];
        void Linear(string name, long to, long from, bool bias)
        {
            all.Add(($"{name}.weight", [to, from]));
            all.AddRange(bias ? [($"{name}.bias", [to])] : []);
        }

        foreach (string layer in Enumerable.Range(0, c.Layers).Select(i => $"model.layers.{i}."))
        {
            all.AddRange([(layer + "input_layernorm.weight", [d]), (layer + "post_attention_layernorm.weight", [d])]);
            all.AddRange(
                c.HeadNorms
                    ?
                    [
                        (layer + "self_attn.q_norm.weight", [c.HeadDim]),
                        (layer + "self_attn.k_norm.weight", [c.HeadDim]),
                    ]
                    : []
            );
            Linear(layer + "self_attn.q_proj", q, d, c.QkvBias);
            Linear(layer + "self_attn.k_proj", kv, d, c.QkvBias);
            Linear(layer + "self_attn.v_proj", kv, d, c.QkvBias);
            Linear(layer + "self_attn.o_proj", d, q, c.OutputBias);
            Linear(layer + "mlp.gate_proj", f, d, c.MlpBias);
            Linear(layer + "mlp.up_proj", f, d, c.MlpBias);
            Linear(layer + "mlp.down_proj", d, f, c.MlpBias);
        }

        all.AddRange(c.TiedHead ? [] : [("lm_head.weight", [c.VocabularySize, d])]);
        return all;
    }

    /// <summary>Names and shapes of the modules of a model that is not loaded.</summary>
    public static ModuleShapes Shapes(ModelConfig config, Checkpoint checkpoint)
    {
        Dictionary<string, long[]> all = Tensors(config).ToDictionary(t => t.Name, t => t.Shape);
        long[] table = all[ModuleShapes.Embedding + ".weight"];
        return new ModuleShapes(
            [
                .. all.Where(t => t.Key.Contains("_proj.weight", StringComparison.Ordinal))
                    .Select(t => (Name: t.Key[..^".weight".Length], t.Value))
                    .Select(t => new ModuleShape(t.Name, t.Value[0], t.Value[1], all.ContainsKey(t.Name + ".bias"))),
                new ModuleShape(ModuleShapes.Head, table[0], table[1], false),
            ],
            table[0],
            table[1],
            config.TiedHead,
            CPU,
            name => checkpoint.Read((config.TiedHead ? ModuleShapes.Embedding : name) + ".weight", table)
        );
    }

    internal static void Check(ModelConfig config, Checkpoint checkpoint, string folder)
    {
        HashSet<string> unexpected = [.. checkpoint.Names];
        foreach ((string name, long[] shape) in Tensors(config))
        {
            if (!unexpected.Remove(name))
            {
                throw new InputException($"{folder}: the weights lack the tensor '{name}'");
            }

            TensorEntry tensor = checkpoint.Find(name)!;
            if (
                tensor.Dtype
                is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64)
            )
            {
                throw new InputException(
                    $"{folder}: tensor '{name}' holds {tensor.Dtype}, "
                        + "not floating-point numbers; is the model quantised?"
                );
            }

            if (!tensor.Shape.SequenceEqual(shape))
            {
                throw new InputException(
                    $"{folder}: tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}] "
                        + $"where config.json asks for [{string.Join(", ", shape)}]"
                );
            }
        }

        if (config.TiedHead && unexpected.Remove("lm_head.weight") && !IsEmbedding(checkpoint))
        {
            throw new InputException(
                $"{folder}: config.json ties the head to the embedding (tie_word_embeddings), "
                    + "but the weights hold another 'lm_head.weight'; one of the two is wrong"
            );
        }

        unexpected.RemoveWhere(n => n.EndsWith(Ignored, StringComparison.Ordinal));
        if (unexpected.Count > 0)
        {
            throw new InputException(
                $"{folder}: the weights hold {unexpected.Count} tensors that this architecture does not have, "
                    + $"the first '{unexpected.Order(StringComparer.Ordinal).First()}'"
            );
        }
    }

    private static bool IsEmbedding(Checkpoint checkpoint)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] shape = checkpoint.Find("model.embed_tokens.weight")!.Shape;
        return checkpoint.Find("lm_head.weight")!.Shape.SequenceEqual(shape)
            && checkpoint
                .Read("lm_head.weight", shape)
                .eq(checkpoint.Read("model.embed_tokens.weight", shape))
                .all()
                .ToBoolean();
    }

    // How weights are quantised; null: not at all.
    private static Packing? Packing(ModelSpec plan, ScalarType dtype, Device device) =>
        plan.Dtype == Dtype.Int8 ? new Packing(Int8Weight.Of, IsInt8: true)
        : plan.Quantization == Quantization.None ? null
        : new Packing(w => Nf4Weight.Of(w, plan.Quantization == Quantization.Nf4Double, dtype, device), IsInt8: false);
}

/// <summary>How the weights of projections are quantised.</summary>
/// <param name="Of">Quantises a matrix, [out, in], float32, on the CPU.</param>
/// <param name="IsInt8">In 8 bits: the head is quantised too, and projections of one input are fused.</param>
internal sealed record Packing(Func<Tensor, IQuantizedWeight> Of, bool IsInt8);
