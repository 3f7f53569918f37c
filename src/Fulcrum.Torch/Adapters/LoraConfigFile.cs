using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Torch.Adapters;

/// <summary>Reads <c>adapter_config.json</c> of PEFT.</summary>
internal static class LoraConfigFile
{
    // Alpha has no bound in PEFT; beyond this one float32 products overflow.
    private const double LargestAlpha = 1e6;
    private const int LargestRank = 1 << 16,
        PeftDefault = 8;

    // Every name and pattern is tried on every module. A model of 1,024 layers has 7,168 modules.
    private const int MostNames = 10_000,
        LongestPattern = 1 << 16;

    // Settings that are read here, and settings that change nothing in a trained adapter.
    private static readonly HashSet<string> Known =
    [
        "alpha_pattern",
        "auto_mapping",
        "base_model_name_or_path",
        "bias",
        "corda_config",
        "ensure_weight_tying",
        "eva_config",
        "exclude_modules",
        "fan_in_fan_out",
        "inference_mode",
        "init_lora_weights",
        "layers_pattern",
        "layers_to_transform",
        "lora_alpha",
        "lora_dropout",
        "lora_ga_config",
        "megatron_core",
        "modules_to_save",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "r",
        "rank_pattern",
        "revision",
        "runtime_config",
        "target_modules",
        "task_type",
        "trainable_token_indices",
        "use_dora",
        "use_rslora",
    ];

    // Settings that change what an adapter computes and are not supported.
    private static readonly HashSet<string> Unsupported =
    [
        "alora_invocation_tokens",
        "arrow_config",
        "kasa_config",
        "layer_replication",
        "loftq_config",
        "lora_bias",
        "megatron_config",
        "monteclora_config",
        "target_parameters",
        "use_bdlora",
        "use_qalora",
        "velora_config",
    ];

    /// <summary>Reads the configuration.</summary>
    /// <param name="warn">Called with every unknown setting that is on, as PEFT warns; null: such a setting is an
    /// error.
    /// </param>
    /// <exception cref="InputException">A part is not supported; names it.</exception>
    public static LoraConfig Parse(Settings json, Action<string>? warn)
    {
        json.Only("peft_type", "LORA");
        CheckNames(json, warn);
        CheckStart(json);
        (IReadOnlyList<string>? targets, string? pattern) = Names(json, "target_modules");
        (IReadOnlyList<string>? excluded, string? excludedPattern) = Names(json, "exclude_modules");
        (IReadOnlyList<string>? layers, string? layer) = Names(json, "layers_pattern");
        if (targets is null && pattern is null)
        {
            throw json.Error("target_modules is missing: it names the modules that the adapter changes");
        }

        return new LoraConfig(
            json.Size("r", LargestRank, PeftDefault),
            json.Number("lora_alpha", -LargestAlpha, LargestAlpha, PeftDefault),
            targets,
            pattern,
            excluded,
            excludedPattern,
            Pattern(json, "rank_pattern"),
            Pattern(json, "alpha_pattern"),
            json.Flag("use_rslora"),
            json.Flag("use_dora"),
            Names(json, "modules_to_save").Names,
            Layers(json),
            json.Number("lora_dropout", least: 0, most: 1, missing: 0),
            json.Text("base_model_name_or_path"),
            layer is null ? layers : [layer],
            Bias(json),
            TokenIds(json),
            json.Flag("ensure_weight_tying")
        );
    }

    private static void CheckNames(Settings json, Action<string>? warn)
    {
        foreach (string name in json.Names.Where(n => !Known.Contains(n) && IsOn(json.Value(n))))
        {
            if (Unsupported.Contains(name) || warn is null)
            {
                throw json.Error($"'{name}' is not supported; the adapter computes something else with it");
            }

            warn($"{json.File}: the setting '{name}' is unknown and ignored; the adapter's results may differ");
        }
    }

    private static void CheckStart(Settings json)
    {
        if (
            json.Value("init_lora_weights") is JsonValue start
            && start.TryGetValue(out string? kind)
            && kind is not ("gaussian" or "eva" or "orthogonal")
        )
        {
            throw json.Error($"init_lora_weights '{kind}' changes the base weights, which is not supported");
        }
    }

    private static LoraBias Bias(Settings json) =>
        json.Text("bias") switch
        {
            null or "none" => LoraBias.None,
            "all" => LoraBias.All,
            "lora_only" => LoraBias.LoraOnly,
            var other => throw json.Error($"bias '{other}' is not supported; known are none, all, lora_only"),
        };

    private static Dictionary<string, IReadOnlyList<int>>? TokenIds(Settings json) =>
        json.Value("trainable_token_indices") switch
        {
            null => null,
            JsonArray ids => new() { [ModuleShapes.Embedding] = Ids(json, ids) },
            JsonObject modules => modules.ToDictionary(m => m.Key, m => Ids(json, m.Value)),
            _ => throw json.Error("trainable_token_indices must be a list of token ids, or one for each module"),
        };

    private static IReadOnlyList<int> Ids(Settings json, JsonNode? node) =>
        node is JsonArray list && list.All(i => i is JsonValue v && v.TryGetValue(out int _))
            ? [.. list.Select(i => i!.GetValue<int>())]
            : throw json.Error("trainable_token_indices must hold token ids");

    // Zero, empty and "none" are off, whatever the setting means.
    private static bool IsOn(JsonNode? value) =>
        value switch
        {
            null => false,
            JsonObject o => o.Count > 0,
            JsonArray a => a.Count > 0,
            JsonValue v when v.TryGetValue(out bool flag) => flag,
            JsonValue v when v.TryGetValue(out double number) => number != 0,
            JsonValue v when v.TryGetValue(out string? text) => text is not ("" or "none"),
            _ => true,
        };

    private static (IReadOnlyList<string>? Names, string? Pattern) Names(Settings json, string field) =>
        json.Value(field) switch
        {
            null => (null, null),
            JsonArray list when list.All(x => x is JsonValue v && v.TryGetValue(out string? _)) => (
                [.. Few(json, field, list).Select(x => Short(json, field, x!.GetValue<string>()))],
                null
            ),
            JsonValue v when v.TryGetValue(out string? text) => (null, Short(json, field, text)),
            _ => throw json.Error($"{field} must be a text or a list of texts"),
        };

    private static IReadOnlyList<int>? Layers(Settings json) =>
        json.Value("layers_to_transform") switch
        {
            null => null,
            JsonArray list when list.All(x => x is JsonValue v && v.TryGetValue(out int _)) =>
            [
                .. Few(json, "layers_to_transform", list).Select(x => x!.GetValue<int>()),
            ],
            JsonValue v when v.TryGetValue(out int one) => [one],
            _ => throw json.Error("layers_to_transform must be a number or a list of numbers"),
        };

    private static Dictionary<string, double>? Pattern(Settings json, string field) =>
        json.Inner(field) is { } inner
            ? Few<string>(json, field, [.. inner.Names])
                .ToDictionary(
                    n => Short(json, field, n),
                    n =>
                        field == "rank_pattern"
                            ? inner.Size(n, LargestRank)
                            : inner.Number(n, -LargestAlpha, LargestAlpha)
                )
            : null;

    private static ICollection<T> Few<T>(Settings json, string field, ICollection<T> list) =>
        list.Count <= MostNames
            ? list
            : throw json.Error($"{field} has {list.Count} entries; at most {MostNames} are possible");

    private static string Short(Settings json, string field, string text) =>
        text.Length <= LongestPattern
            ? text
            : throw json.Error(
                $"a text of {field} has {text.Length} characters; at most {LongestPattern} are possible"
            );
}
