using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch;

/// <summary>The weights of a model folder, with an adapter merged into them or without, for other formats.</summary>
internal static class ModelWeights
{
    /// <summary>Opens the weights. Without an adapter and quantisation each tensor is read when it is asked for;
    /// otherwise the model is in memory, in float32.</summary>
    /// <exception cref="InputException">Model or adapter cannot be read.</exception>
    public static IModelWeights Open(ModelSpec plan, Action<string>? warn = null)
    {
        if (plan.Adapter is not null || plan.Quantization != Quantization.None)
        {
            LanguageModel model = new TorchEngine(warn).LoadModel(plan with { Dtype = Dtype.F32, Device = "cpu" });
            model.Merge();
            return new Loaded(model);
        }

        Libtorch.Load(plan.Threads);
        return new Stored(ModelConfig.Load(plan.Folder), Checkpoint.Open(plan.Folder), plan.Folder);
    }

    /// <summary>Writes weights as a complete model folder, in float32.</summary>
    /// <param name="weights">In the order of rows of a checkpoint.</param>
    /// <param name="modelFolder">Gives configuration and tokenizer.</param>
    /// <param name="folder">The folder to write.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(IModelWeights weights, string modelFolder, string folder)
    {
        using (DisposeScope scope = NewDisposeScope())
        {
            SafetensorsFile.Write(
                Path.Combine(folder, "model.safetensors"),
                weights.Shapes.ToDictionary(s => s.Key, s => tensor(weights.Read(s.Key)).reshape(s.Value)),
                new Dictionary<string, string> { ["format"] = "pt" }
            );
        }

        foreach (string name in MergedModel.Companions.Where(n => File.Exists(Path.Combine(modelFolder, n))))
        {
            AtomicFile.Copy(Path.Combine(modelFolder, name), Path.Combine(folder, name));
        }

        JsonObject config = MergedModel.ConfigOf(modelFolder);
        config["tie_word_embeddings"] = !weights.Shapes.ContainsKey("lm_head.weight");
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = "float32";
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), config.ToJsonString() + "\n");
    }

    private sealed class Stored : IModelWeights
    {
        private readonly Checkpoint checkpoint;

        public Stored(ModelConfig config, Checkpoint checkpoint, string folder)
        {
            this.checkpoint = checkpoint;
            ModelLoader.Check(config, checkpoint, folder);
            Shapes = ModelLoader.Tensors(config).ToDictionary(t => t.Name, t => t.Shape);
            StoredDtype = MergedModel.StoredDtype(folder);
        }

        public IReadOnlyDictionary<string, long[]> Shapes { get; }

        public string StoredDtype { get; }

        public float[] Read(string name)
        {
            using Tensor value = checkpoint.Read(name, Shapes[name], ScalarType.Float32);
            return value.data<float>().ToArray();
        }

        public void Dispose() => checkpoint.Dispose();
    }

    private sealed class Loaded(LanguageModel model) : IModelWeights
    {
        private readonly Dictionary<string, Tensor> weights = model.Weights().ToDictionary(w => w.Name, w => w.Value);

        public IReadOnlyDictionary<string, long[]> Shapes => weights.ToDictionary(w => w.Key, w => w.Value.shape);

        public string StoredDtype => "float32";

        public float[] Read(string name)
        {
            using Tensor value = weights[name].to_type(ScalarType.Float32).contiguous();
            return value.data<float>().ToArray();
        }

        public void Dispose() => model.Dispose();
    }
}
