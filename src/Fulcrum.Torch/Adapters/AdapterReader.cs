using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Torch.Modeling;
using Fulcrum.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>Reads a LoRA adapter in PEFT's format and puts it beside a model's projections: all of it or an error, never a part.</summary>
internal static partial class AdapterReader
{
    /// <summary>Reads <c>adapter_config.json</c> of an adapter folder.</summary>
    /// <exception cref="InputException">The file is missing, malformed, or names a part that is not supported.</exception>
    public static LoraConfig Config(string folder)
    {
        string path = Path.Combine(folder, "adapter_config.json");
        try
        {
            JsonNode? json = JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 32 });
            return LoraConfig.Parse(new Settings(json as JsonObject ?? throw new InputException($"{path}: expected a JSON object"), path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"no adapter in {folder}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Attaches an adapter, scaled by <paramref name="lambda"/>; 0 leaves the model untouched once the adapter has been checked.</summary>
    /// <exception cref="InputException">A module or a shape does not fit the model; names it.</exception>
    public static void Attach(LanguageModel model, string folder, double lambda, string? baseName = null, Action<string>? warn = null, bool train = false)
    {
        LoraConfig config = Config(folder);
        if (config.Base is { } trainedFor && baseName is not null && Path.GetFileName(Path.TrimEndingDirectorySeparator(trainedFor)) != baseName)
        {
            warn?.Invoke($"the adapter in {folder} was trained for '{trainedFor}', not for '{baseName}'");
        }

        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
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
            Tensor a = Take(p.Name + ".lora_A.weight", [rank, p.In]), b = Take(p.Name + ".lora_B.weight", [p.Out, rank]);
            Tensor? magnitude = config.Dora ? Take(p.Name + ".lora_magnitude_vector", [p.Out]) : null;
            adapters.Add((p, new Adapter(train ? a.requires_grad_() : a, train ? b.requires_grad_() : b, config.ScaleOf(p.Name), lambda, train ? config.Dropout : 0, magnitude)));
        }

        Tensor? head = TakeHead();
        if (keys.Count > 0)
        {
            throw new InputException($"{folder}: the adapter's tensor '{keys.Values.Order(StringComparer.Ordinal).First()}' belongs to no target module of this model");
        }

        Apply(model, adapters, head, lambda);

        Tensor Take(string name, long[] shape)
        {
            if (!keys.Remove(name, out string? key))
            {
                throw new InputException($"{folder}: the adapter lacks the tensor '{name}' that its configuration asks for");
            }

            return file.Tensors[key].Shape.SequenceEqual(shape)
                ? file.Read(key, ScalarType.Float32).to(model.Device)
                : throw new InputException($"{folder}: tensor '{key}' has shape [{string.Join(", ", file.Tensors[key].Shape)}] where this model needs [{string.Join(", ", shape)}]");
        }

        Tensor? TakeHead() => (config.SavedModules ?? []) switch
        {
            [] => null,
            ["lm_head"] => Take("lm_head.weight", [model.Head.Out, model.Head.In]),
            var other => throw new InputException($"{folder}: modules_to_save '{string.Join(", ", other)}' is not supported, only 'lm_head'"),
        };
    }

    private static void Apply(LanguageModel model, List<(Projection Target, Adapter Adapter)> adapters, Tensor? head, double lambda)
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

        if (head is not null && lambda != 0)
        {
            model.ReplaceHead(head, lambda);
        }
    }

    // Names differ over PEFT's versions: with or without its prefix, the adapter's own name, and a module around what is saved whole.
    private static string Canonical(string key)
    {
        string name = key.StartsWith("base_model.model.", StringComparison.Ordinal) ? key["base_model.model.".Length..] : key;
        name = AdapterName().Replace(name, "$1$2");
        name = name.Replace(".modules_to_save.default.", ".", StringComparison.Ordinal).Replace(".modules_to_save.", ".", StringComparison.Ordinal);
        return name.EndsWith(".lora_magnitude_vector.weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
    }

    [GeneratedRegex(@"(\.lora_A|\.lora_B|\.lora_magnitude_vector)\.default(\.weight|$)", RegexOptions.NonBacktracking)]
    private static partial Regex AdapterName();
}
