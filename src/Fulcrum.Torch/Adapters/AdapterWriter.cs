using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Torch.Interop;
using TorchSharp;

namespace Fulcrum.Torch.Adapters;

/// <summary>Writes an adapter in PEFT's format, and reads back one that was written here.</summary>
internal static class AdapterWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes <c>adapter_model.safetensors</c>, then <c>adapter_config.json</c>.</summary>
    /// <param name="parameters">What training changes, by name without <c>.weight</c>.</param>
    public static void Write(
        string folder,
        IEnumerable<(string Name, torch.Tensor Value)> parameters,
        LoraConfig config
    )
    {
        Dictionary<string, torch.Tensor> tensors = parameters.ToDictionary(p => KeyOf(p.Name), p => p.Value);
        SafetensorsFile.Write(
            Path.Combine(folder, "adapter_model.safetensors"),
            tensors,
            new Dictionary<string, string> { ["format"] = "pt" }
        );
        AtomicFile.WriteText(Path.Combine(folder, "adapter_config.json"), Config(config).ToJsonString(Indented) + "\n");
    }

    /// <summary>Copies the values of a file into parameters of the same shapes.</summary>
    public static void ReadInto(IEnumerable<(string Name, torch.Tensor Value)> parameters, SafetensorsFile weights)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable frozen = torch.no_grad();
        foreach ((string name, torch.Tensor value) in parameters)
        {
            value.copy_(weights.Read(KeyOf(name)));
        }
    }

    /// <summary>Returns a parameter's name in PEFT's file.</summary>
    public static string KeyOf(string parameter) =>
        $"base_model.model.{parameter}"
        + $"{(parameter.EndsWith(".lora_magnitude_vector", StringComparison.Ordinal) ? "" : ".weight")}";

    private static JsonObject Config(LoraConfig config) =>
        new()
        {
            ["alpha_pattern"] = Pattern(config.AlphaPattern),
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = config.Base,
            ["bias"] = "none",
            ["exclude_modules"] = Names(config.Excluded, config.ExcludedPattern),
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layers_pattern"] = Names(config.LayersPattern, null),
            ["layers_to_transform"] = config.OnlyLayers is null
                ? null
                : new JsonArray([.. config.OnlyLayers.Select(l => (JsonNode)l)]),
            ["lora_alpha"] = Number(config.Alpha),
            ["lora_dropout"] = Number(config.Dropout),
            ["modules_to_save"] = Names(config.SavedModules, null),
            ["peft_type"] = "LORA",
            ["r"] = config.Rank,
            ["rank_pattern"] = Pattern(config.RankPattern),
            ["revision"] = null,
            ["target_modules"] = Names(config.Targets, config.TargetPattern),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = config.Dora,
            ["use_rslora"] = config.RsLora,
        };

    private static JsonNode? Names(IReadOnlyList<string>? list, string? pattern) =>
        list is null ? pattern : new JsonArray([.. list.Select(t => (JsonNode)t)]);

    private static JsonNode Number(double value) =>
        value == Math.Floor(value) && Math.Abs(value) < 1e9 ? (JsonNode)(long)value : value;

    private static JsonObject Pattern(IReadOnlyDictionary<string, double>? pattern) =>
        new(
            (pattern ?? new Dictionary<string, double>())
                .OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Number(p.Value)))
        );
}
