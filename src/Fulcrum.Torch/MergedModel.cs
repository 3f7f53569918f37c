using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch;

/// <summary>Writes a model with its merged adapter as a complete model folder.</summary>
internal static class MergedModel
{
    internal static readonly string[] Companions =
    [
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "tokenizer.model",
        "chat_template.jinja",
    ];

    // Marks the metadata of merged weights. Another merge replaces only files with this mark.
    private const string Mark = "fulcrum";

    private const string WeightsName = "model.safetensors";

    /// <summary>Merges in float32 and writes the weights in the type they have on disk, or in the plan's when that is
    /// not <c>auto</c>; <c>config.json</c> comes last.</summary>
    /// <returns>That type.</returns>
    /// <exception cref="InputException">Model or adapter cannot be read, or the folder cannot be written or holds other
    /// weights already.</exception>
    public static string Write(ModelSpec plan, string output, Action<string>? warn = null)
    {
        RefuseTarget(plan, output);
        using LanguageModel model = new TorchEngine(warn).LoadModel(plan with { Dtype = Dtype.F32 });
        model.Merge();
        string dtype = plan.Dtype switch
        {
            Dtype.Auto => StoredDtype(plan.Folder),
            Dtype.F32 => "float32",
            Dtype.Bf16 => "bfloat16",
            Dtype.F16 => "float16",
            _ => throw new ArgumentOutOfRangeException(nameof(plan)),
        };
        using (DisposeScope scope = NewDisposeScope())
        using (no_grad())
        {
            Dictionary<string, Tensor> weights = model
                .Weights()
                .ToDictionary(w => w.Name, w => w.Value.to_type(TypeOf(dtype)).cpu().contiguous());
            SafetensorsFile.Write(
                Path.Combine(output, WeightsName),
                weights,
                new Dictionary<string, string> { ["format"] = "pt", [Mark] = "merged" }
            );
        }

        foreach (string name in Companions.Where(n => File.Exists(Path.Combine(plan.Folder, n))))
        {
            AtomicFile.Copy(Path.Combine(plan.Folder, name), Path.Combine(output, name));
        }

        JsonObject config = ConfigOf(plan.Folder);
        config["tie_word_embeddings"] = model.HeadIsTied;
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = dtype;
        AtomicFile.WriteText(
            Path.Combine(output, "config.json"),
            config.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n"
        );
        return dtype;
    }

    private static void RefuseTarget(ModelSpec plan, string output)
    {
        if (InnerPath.AreSame(output, plan.Folder))
        {
            throw new InputException($"{output} is the model itself; name another folder for the merged one");
        }

        if (plan.Dtype == Dtype.Int8)
        {
            throw new InputException("no model is written in int8; use --dtype f32, bf16, f16 or auto");
        }

        if (plan.Quantization != Quantization.None)
        {
            throw new InputException("a quantised model cannot be merged into; leave --quantization away");
        }

        if (
            Directory.Exists(output)
            && Directory.EnumerateFiles(output).Select(f => Path.GetFileName(f)).FirstOrDefault(IsOtherWeights)
                is { } other
        )
        {
            throw new InputException(
                $"{output} holds {other}, which would be read beside or instead of the merged weights; "
                    + "name another folder or remove it"
            );
        }

        string weightsFile = Path.Combine(output, WeightsName);
        if (File.Exists(weightsFile) && !IsMerged(weightsFile))
        {
            throw new InputException(
                $"{weightsFile} is there already and does not say that 'fulcrum merge' wrote it; "
                    + "name another folder or remove it"
            );
        }
    }

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    internal static JsonObject ConfigOf(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        try
        {
            return StrictJson.ReadFile(path) as JsonObject
                ?? throw new InputException($"{path}: expected a JSON object");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    // The type of the weights on disk, whatever config.json says.
    internal static string StoredDtype(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        return checkpoint.Find(ModuleShapes.Embedding + ".weight")?.Dtype switch
        {
            ScalarType.BFloat16 => "bfloat16",
            ScalarType.Float16 => "float16",
            _ => "float32",
        };
    }

    // An interrupted merge leaves no such file: it is written next to it and renamed.
    private static bool IsMerged(string weights)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(weights);
            return file.Metadata.ContainsKey(Mark);
        }
        catch (InputException)
        {
            return false; // whatever it is, no merge wrote it
        }
    }

    // Files that a reader might load in addition to model.safetensors: shards, their index, an adapter.
    private static bool IsOtherWeights(string name) =>
        name != "model.safetensors"
        && (
            name.EndsWith(".safetensors", StringComparison.Ordinal)
            || name.StartsWith("pytorch_model", StringComparison.Ordinal)
            || name is "model.safetensors.index.json" or "adapter_config.json"
        );

    private static ScalarType TypeOf(string name) =>
        name switch
        {
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            "float16" => ScalarType.Float16,
            _ => throw new InputException(
                $"config.json names the dtype '{name}'; known are float32, bfloat16, float16"
            ),
        };
}
