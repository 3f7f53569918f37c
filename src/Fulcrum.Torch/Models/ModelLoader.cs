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
        return Build(config, device, dtype, Packing(plan, dtype, device), checkpoint);
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
        return Build(config, device, dtype, Packing(form, dtype, device), weights);
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

            if (
                checkpoint.Find(name)!.Dtype
                is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64)
            )
            {
                throw new InputException(
                    $"{folder}: tensor '{name}' holds {checkpoint.Find(name)!.Dtype}, "
                        + "not floating-point numbers; is the model quantised?"
                );
            }

            if (!checkpoint.Find(name)!.Shape.SequenceEqual(shape))
            {
                throw new InputException(
                    $"{folder}: tensor '{name}' has shape [{string.Join(", ", checkpoint.Find(name)!.Shape)}] "
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

    // On the CPU returns the tensor itself: a second handle would keep it in memory until both are disposed.
    private static Tensor On(Device device, Tensor tensor)
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

    // How weights are quantised; null: not at all.
    private static Packing? Packing(ModelSpec plan, ScalarType dtype, Device device) =>
        plan.Dtype == Dtype.Int8 ? new Packing(Int8Weight.Of, IsInt8: true)
        : plan.Quantization == Quantization.None ? null
        : new Packing(w => Nf4Weight.Of(w, plan.Quantization == Quantization.Nf4Double, dtype, device), IsInt8: false);

    // Weights are read and quantised one at a time, from their precision on disk.
    private static LanguageModel Build(
        ModelConfig config,
        Device device,
        ScalarType dtype,
        Packing? packing,
        IWeightSource weights
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Dictionary<string, long[]> shapes = Tensors(config).ToDictionary(t => t.Name, t => t.Shape);
        Tensor Get(string name) => On(device, weights.Read(name, shapes[name], dtype));
        Tensor ColumnMajor(params string[] names)
        {
            long[][] parts = [.. names.Select(n => shapes[n + ".weight"])];
            Tensor laid = empty(parts[0][1], parts.Sum(p => p[0]), dtype: dtype);
            for (int i = 0; i < names.Length; i++)
            {
                weights.ReadColumns(names[i] + ".weight", parts[i], laid, parts[..i].Sum(p => p[0]));
            }

            using Tensor rows = On(device, laid);
            return rows.t();
        }

        Tensor? Maybe(string name) => shapes.ContainsKey(name) ? Get(name) : null;
        RmsNorm NormOf(string name) => new(Get(name + ".weight"), config.NormEpsilon);
        IQuantizedWeight Packed(string name)
        {
            using Tensor plain = weights.Read(name + ".weight", shapes[name + ".weight"], ScalarType.Float32);
            return packing!.Of(plain);
        }

        Projection Quantised(string name) => new(name, Packed(name), Maybe(name + ".bias"));
        Projection Linear(string name) =>
            packing is null ? new Projection(name, ColumnMajor(name), Maybe(name + ".bias")) : Quantised(name);
        FusedProjections Fused(string prefix, params string[] ends)
        {
            string[] names = [.. ends.Select(e => prefix + e)];
            Tensor[] biases = [.. names.Select(n => Maybe(n + ".bias")).OfType<Tensor>()];
            (string, long)[] parts = [.. names.Select(n => (n, shapes[n + ".weight"][0]))];
            Tensor? bias = biases.Length == 0 ? null : cat(biases, 0);
            return packing is null ? new FusedProjections(ColumnMajor(names), bias, parts)
                : Joined(names) is { } coded ? new FusedProjections(coded, bias, parts)
                : new FusedProjections([.. names.Select(Quantised)]);
        }

        Int8Weight? Joined(string[] names)
        {
            if (packing is not { IsInt8: true } || !Int8Weight.HasParts(names.Select(n => shapes[n + ".weight"][0])))
            {
                return null;
            }

            using DisposeScope inner = NewDisposeScope();
            return Int8Weight.Of(
                cat([.. names.Select(n => weights.Read(n + ".weight", shapes[n + ".weight"], ScalarType.Float32))], 0)
            );
        }

        DecoderLayer Layer(int index)
        {
            using DisposeScope inner = NewDisposeScope();
            Heap.GiveBack(); // the previous layer's temporary memory
            string at = $"model.layers.{index}.",
                attention = at + "self_attn.",
                mlp = at + "mlp.";
            return new DecoderLayer(
                index,
                config,
                NormOf(at + "input_layernorm"),
                Fused(attention, "q_proj", "k_proj", "v_proj"),
                config.HeadNorms ? (NormOf(attention + "q_norm"), NormOf(attention + "k_norm")) : null,
                Linear(attention + "o_proj"),
                NormOf(at + "post_attention_layernorm"),
                Fused(mlp, "gate_proj", "up_proj"),
                Linear(mlp + "down_proj")
            );
        }

        const string Table = "model.embed_tokens";
        bool packs = packing is { IsInt8: true };
        Tensor embedding = config.TiedHead && !packs ? ColumnMajor(Table) : Get(Table + ".weight");
        Projection head = packs
            ? new Projection("lm_head", Packed(config.TiedHead ? Table : "lm_head"), null)
            : new Projection("lm_head", config.TiedHead ? embedding.alias() : ColumnMajor("lm_head"), null);
        return new LanguageModel(
            config,
            device,
            dtype,
            embedding,
            [.. Enumerable.Range(0, config.Layers).Select(Layer)],
            NormOf("model.norm"),
            head
        );
    }
}

/// <summary>How the weights of projections are quantised.</summary>
/// <param name="Of">Quantises a matrix, [out, in], float32, on the CPU.</param>
/// <param name="IsInt8">In 8 bits: the head is quantised too, and projections of one input are fused.</param>
internal sealed record Packing(Func<Tensor, IQuantizedWeight> Of, bool IsInt8);
