using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Files;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>Reads a LoRA adapter in PEFT's format and puts it beside a model's projections: all of it or an error,
/// never a part.</summary>
internal static partial class AdapterReader
{
    /// <summary>Reads <c>adapter_config.json</c> of an adapter folder.</summary>
    /// <exception cref="InputException">The file is missing, malformed, or names a part that is not
    /// supported.</exception>
    public static LoraConfig Config(string folder)
    {
        InnerPath.RefuseLinksOut(folder);
        string path = Path.Combine(folder, "adapter_config.json");
        try
        {
            JsonNode? json = StrictJson.ReadFile(path, depth: 32);
            return LoraConfig.Parse(
                new Settings(json as JsonObject ?? throw new InputException($"{path}: expected a JSON object"), path)
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"no adapter in {folder}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    /// <summary>Attaches an adapter, scaled by <paramref name="lambda"/>; 0 leaves the model untouched once the adapter
    /// has been checked.</summary>
    /// <exception cref="InputException">A module or a shape does not fit the model; names it.</exception>
    public static void Attach(
        LanguageModel model,
        string folder,
        double lambda,
        string? baseName = null,
        Action<string>? warn = null,
        bool train = false
    )
    {
        LoraConfig config = Config(folder);
        if (
            config.Base is { } trainedFor
            && baseName is not null
            && Path.GetFileName(Path.TrimEndingDirectorySeparator(trainedFor)) != baseName
        )
        {
            warn?.Invoke($"the adapter in {folder} was trained for '{trainedFor}', not for '{baseName}'");
        }

        string weights = Path.Combine(folder, "adapter_model.safetensors");
        if (!File.Exists(weights) && File.Exists(Path.Combine(folder, "adapter_model.bin")))
        {
            throw new InputException(
                $"{folder} holds its weights as adapter_model.bin, a format that can run code when it is read; save the adapter as safetensors (PEFT's default)"
            );
        }

        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(weights);
        Dictionary<string, string> keys = [];
        foreach (string key in file.Tensors.Keys)
        {
            if (!keys.TryAdd(Canonical(key), key))
            {
                throw new InputException($"{folder}: the tensor '{key}' stands twice in the adapter, under two names");
            }
        }

        List<(Projection Target, Adapter Adapter)> adapters = [];
        foreach (Projection p in config.TargetsIn(model))
        {
            int rank = config.RankOf(p.Name);
            Tensor a = Take(p.Name + ".lora_A.weight", [rank, p.In]),
                b = Take(p.Name + ".lora_B.weight", [p.Out, rank]);
            Tensor? magnitude = config.Dora ? Take(p.Name + ".lora_magnitude_vector", [p.Out]) : null;
            adapters.Add(
                (
                    p,
                    new Adapter(
                        Trained(a),
                        Trained(b),
                        config.ScalingOf(p.Name),
                        lambda,
                        train ? config.Dropout : 0,
                        magnitude is null ? null : Trained(magnitude)
                    )
                )
            );
        }

        Tensor? table = config.EmbeddingIsTarget ? EmbeddingWithUpdate() : null;
        Dictionary<string, Tensor> whole = Whole();
        if (keys.Count > 0)
        {
            throw new InputException(
                $"{folder}: the adapter's tensor '{keys.Values.Order(StringComparer.Ordinal).First()}' belongs to no target module of this model"
            );
        }

        Apply(model, adapters, lambda);
        if (lambda != 0 && (whole.GetValueOrDefault(LanguageModel.EmbeddingName) ?? table) is { } embedding)
        {
            model.ReplaceEmbedding(embedding, lambda, train);
        }

        if (lambda != 0 && whole.TryGetValue(model.Head.Name, out Tensor? head))
        {
            model.ReplaceHead(head, lambda, train);
        }

        Tensor Trained(Tensor value) => train ? value.requires_grad_() : value;

        Tensor Take(string name, long[] shape)
        {
            if (!keys.Remove(name, out string? key))
            {
                throw new InputException(
                    $"{folder}: the adapter lacks the tensor '{name}' that its configuration asks for"
                );
            }

            return file.Tensors[key].Shape.SequenceEqual(shape)
                ? file.Read(key, ScalarType.Float32).to(model.Device)
                : throw new InputException(
                    $"{folder}: tensor '{key}' has shape [{string.Join(", ", file.Tensors[key].Shape)}] where this model needs [{string.Join(", ", shape)}]"
                );
        }

        // What is kept whole: what the configuration names, and what PEFT adds by itself when the head or the embedding
        // is a target or was resized.
        Dictionary<string, Tensor> Whole()
        {
            long[] shape = [model.Head.Out, model.Head.In];
            Dictionary<string, Tensor> saved = config.SavedIn().ToDictionary(m => m, m => Take(m + ".weight", shape));
            foreach (string name in (string[])[model.Head.Name, LanguageModel.EmbeddingName])
            {
                if (keys.ContainsKey(name + ".weight"))
                {
                    saved.Add(name, Take(name + ".weight", shape));
                }

                if (
                    keys.ContainsKey(name + ".base_layer.weight")
                    && !IsOf(name, Take(name + ".base_layer.weight", shape))
                )
                {
                    throw new InputException(
                        $"{folder}: the adapter carries another '{name}' than this model's, and an update of it; that is not supported"
                    );
                }
            }

            return saved;
        }

        bool IsOf(string name, Tensor value)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor own = (name == model.Head.Name ? model.Head.Dense() : model.Embedding).to_type(ScalarType.Float32);
            // the two may have been rounded differently
            return (value - own).abs().max().ToDouble() <= 0.01 * own.abs().max().ToDouble();
        }

        Tensor EmbeddingWithUpdate()
        {
            const string name = LanguageModel.EmbeddingName;
            if (train || config.Dora)
            {
                throw new InputException(
                    $"{folder}: {(train ? "training the update of" : "DoRA on")} '{name}' is not supported"
                );
            }

            int rank = config.RankOf(name);
            Tensor a = Take(name + ".lora_embedding_A", [rank, model.Head.Out]),
                b = Take(name + ".lora_embedding_B", [model.Head.In, rank]);
            return model.Embedding.to_type(ScalarType.Float32) + b.matmul(a).t() * config.ScalingOf(name);
        }
    }

    private static void Apply(LanguageModel model, List<(Projection Target, Adapter Adapter)> adapters, double lambda)
    {
        foreach ((Projection target, Adapter adapter) in adapters)
        {
            if (lambda == 0)
            {
                adapter.Dispose();
            }
            else
            {
                target.Attach(adapter);
            }
        }
    }

    // Names differ over PEFT's versions: with or without its prefix, the adapter's own name, and a module around what
    // is saved whole.
    private static string Canonical(string key)
    {
        string name = key.StartsWith("base_model.model.", StringComparison.Ordinal)
            ? key["base_model.model.".Length..]
            : key;
        name = AdapterName().Replace(name, "$1$2");
        name = name.Replace(".modules_to_save.default.", ".", StringComparison.Ordinal)
            .Replace(".modules_to_save.", ".", StringComparison.Ordinal);
        return
            name.EndsWith(".lora_magnitude_vector.weight", StringComparison.Ordinal)
            || name.EndsWith(".lora_embedding_A.weight", StringComparison.Ordinal)
            || name.EndsWith(".lora_embedding_B.weight", StringComparison.Ordinal)
            ? name[..^".weight".Length]
            : name;
    }

    [GeneratedRegex(
        @"(\.lora_A|\.lora_B|\.lora_embedding_A|\.lora_embedding_B|\.lora_magnitude_vector)\.default(\.weight|$)",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex AdapterName();
}
