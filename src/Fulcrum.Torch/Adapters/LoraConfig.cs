using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Files;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Adapters;

/// <summary>What <c>adapter_config.json</c> of PEFT says of a LoRA adapter.</summary>
/// <param name="Targets">Names, or ends of names, of the adapted projections; null when
/// <paramref name="TargetPattern"/> says it.</param>
/// <param name="TargetPattern">A regular expression over whole names, or <c>all-linear</c>.</param>
/// <param name="RankPattern">Ranks of the modules whose name ends with a key; the first that fits counts.</param>
/// <param name="RsLora">Scale by alpha / sqrt(rank) (arXiv:2312.03732).</param>
/// <param name="Dora">The adapter has magnitudes (arXiv:2402.09353).</param>
/// <param name="SavedModules">Names, or ends of names, of modules kept whole beside the update.</param>
/// <param name="OnlyLayers">Numbers of the layers that are adapted; null: all.</param>
/// <param name="LayersPattern">The name of the list of layers that the numbers count in; null: any.</param>
/// <param name="Base">The name of the model that it was trained for; informative.</param>
internal sealed record LoraConfig(
    int Rank,
    double Alpha,
    IReadOnlyList<string>? Targets,
    string? TargetPattern = null,
    IReadOnlyList<string>? Excluded = null,
    string? ExcludedPattern = null,
    IReadOnlyDictionary<string, double>? RankPattern = null,
    IReadOnlyDictionary<string, double>? AlphaPattern = null,
    bool RsLora = false,
    bool Dora = false,
    IReadOnlyList<string>? SavedModules = null,
    IReadOnlyList<int>? OnlyLayers = null,
    double Dropout = 0,
    string? Base = null,
    IReadOnlyList<string>? LayersPattern = null
)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Fields that do not change what an adapter computes once it is trained; any other field that is set is a part that
    // we lack.
    private static readonly HashSet<string> Harmless =
    [
        "auto_mapping",
        "base_model_name_or_path",
        "corda_config",
        "eva_config",
        "fan_in_fan_out",
        "inference_mode",
        "layers_pattern",
        "lora_dropout",
        "lora_ga_config",
        "megatron_core",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "revision",
        "task_type",
        "runtime_config",
        "r",
        "lora_alpha",
        "target_modules",
        "exclude_modules",
        "rank_pattern",
        "alpha_pattern",
        "use_rslora",
        "use_dora",
        "modules_to_save",
        "layers_to_transform",
        "bias",
        "init_lora_weights",
    ];

    /// <summary>Reads <c>adapter_config.json</c>.</summary>
    /// <exception cref="InputException">A part is not supported; names it.</exception>
    public static LoraConfig Parse(Settings json)
    {
        json.Only("peft_type", "LORA");
        json.Only("bias", "none");
        if (json.Names.FirstOrDefault(n => !Harmless.Contains(n) && IsSet(json.Value(n))) is { } unknown)
        {
            throw json.Error($"'{unknown}' is not supported, so the adapter is refused whole");
        }

        if (
            json.Value("init_lora_weights") is JsonValue start
            && start.TryGetValue(out string? kind)
            && kind is not ("gaussian" or "eva" or "orthogonal")
        )
        {
            throw json.Error($"init_lora_weights '{kind}' changes the base weights, which is not supported");
        }

        (IReadOnlyList<string>? targets, string? pattern) = NamesOf(json, "target_modules");
        (IReadOnlyList<string>? excluded, string? excludedPattern) = NamesOf(json, "exclude_modules");
        (IReadOnlyList<string>? layers, string? layer) = NamesOf(json, "layers_pattern");
        if (targets is null && pattern is null)
        {
            throw json.Error("target_modules is missing, so what the adapter changes is not known");
        }

        return new LoraConfig(
            json.Size("r", 1 << 16, 8),
            json.Number("lora_alpha", 8),
            targets,
            pattern,
            excluded,
            excludedPattern,
            PatternOf(json, "rank_pattern"),
            PatternOf(json, "alpha_pattern"),
            json.Flag("use_rslora"),
            json.Flag("use_dora"),
            NamesOf(json, "modules_to_save").Names,
            LayersOf(json),
            json.Number("lora_dropout", 0),
            json.Text("base_model_name_or_path"),
            layer is null ? layers : [layer]
        );
    }

    /// <summary>The projections of a model that this adapter changes.</summary>
    /// <exception cref="InputException">A name in the list fits no projection.</exception>
    public IReadOnlyList<Projection> TargetsIn(LanguageModel model)
    {
        if (
            (Targets ?? []).FirstOrDefault(t =>
                !Ends(LanguageModel.EmbeddingName, t) && !model.Projections.Any(p => Ends(p.Name, t))
            ) is
            { } stranger
        )
        {
            throw new InputException(
                $"the adapter's target module '{stranger}' is not in this model; it has {string.Join(", ", model.Projections.Select(p => p.Name.Split('.')[^1]).Distinct())}"
            );
        }

        Projection[] found = [.. model.Projections.Where(p => IsTarget(p.Name, p == model.Head))];
        return found.Length > 0 || EmbeddingIsTarget
            ? found
            : throw new InputException(
                $"the adapter's target_modules '{TargetPattern ?? string.Join(", ", Targets ?? [])}' fit no projection of this model"
            );
    }

    /// <summary>The update covers the embedding too.</summary>
    public bool EmbeddingIsTarget =>
        TargetPattern != "all-linear" && IsTarget(LanguageModel.EmbeddingName, head: false);

    /// <summary>The full names of the modules that are kept whole.</summary>
    /// <exception cref="InputException">One of them is neither the head nor the embedding.</exception>
    public IReadOnlyList<string> SavedIn()
    {
        string[] known = ["lm_head", LanguageModel.EmbeddingName];
        return (SavedModules ?? []).FirstOrDefault(m => !known.Any(k => Ends(k, m))) is { } other
            ? throw new InputException($"modules_to_save '{other}' is not supported, only lm_head and embed_tokens")
            : [.. known.Where(k => (SavedModules ?? []).Any(m => Ends(k, m)))];
    }

    /// <summary>The rank of a module's update.</summary>
    public int RankOf(string module) => (int)(Lookup(RankPattern, module) ?? Rank);

    /// <summary>What the update of a module is multiplied by.</summary>
    public double ScalingOf(string module) =>
        (Lookup(AlphaPattern, module) ?? Alpha) / (RsLora ? Math.Sqrt(RankOf(module)) : RankOf(module));

    private bool IsTarget(string module, bool head) =>
        !(ExcludedPattern is { } e ? Matches(module, e) : (Excluded ?? []).Any(x => Ends(module, x)))
        && !(SavedModules ?? []).Any(m => Ends(module, m))
        && (
            TargetPattern switch
            {
                null => Targets!.Contains(module) || (Targets!.Any(t => Ends(module, t)) && IsInLayers(module)),
                "all-linear" => !head,
                _ => Matches(module, TargetPattern),
            }
        );

    // As PEFT finds a module's layer: by the number behind the name of the list of layers.
    private bool IsInLayers(string module)
    {
        if (OnlyLayers is null or [])
        {
            return true;
        }

        string[] patterns =
        [
            .. (LayersPattern is null or [] ? [@"[^.]*"] : LayersPattern).Select(p =>
                $@"\A.*\.{Python(p)}\.(?<layer>\d+)\."
            ),
        ];
        Match layer = patterns
            .Select(p => Guarded(p, () => Regex.Match(module, p, RegexOptions.CultureInvariant, Patience)))
            .FirstOrDefault(m => m.Success, Match.Empty);
        return layer.Success
            && int.TryParse(
                layer.Groups["layer"].ValueSpan,
                System.Globalization.CultureInfo.InvariantCulture,
                out int number
            )
            && OnlyLayers.Contains(number);
    }

    private static string Python(string pattern) => pattern.Replace("(?P<", "(?<", StringComparison.Ordinal);

    private static bool Ends(string module, string name) =>
        module == name || module.EndsWith("." + name, StringComparison.Ordinal);

    private static bool Matches(string module, string pattern) =>
        Guarded(
            pattern,
            () => Regex.IsMatch(module, $@"\A(?:{Python(pattern)})\z", RegexOptions.CultureInvariant, Patience)
        );

    private static T Guarded<T>(string pattern, Func<T> match)
    {
        try
        {
            return match();
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            throw new InputException($"the adapter's module pattern '{pattern}' cannot be used: {e.Message}", e);
        }
    }

    // PEFT matches a key as a regular expression against the end of the module's name.
    private static double? Lookup(IReadOnlyDictionary<string, double>? pattern, string module) =>
        (pattern ?? new Dictionary<string, double>())
            .Where(p => Matches(module, $@"(.*\.)?(?:{p.Key})"))
            .Select(p => (double?)p.Value)
            .FirstOrDefault();

    private static bool IsSet(JsonNode? value) =>
        value switch
        {
            null => false,
            JsonObject o => o.Count > 0,
            JsonArray a => a.Count > 0,
            JsonValue v when v.TryGetValue(out bool flag) => flag,
            _ => true,
        };

    private static (IReadOnlyList<string>? Names, string? Pattern) NamesOf(Settings json, string field) =>
        json.Value(field) switch
        {
            null => (null, null),
            JsonArray list when list.All(x => x is JsonValue v && v.TryGetValue(out string? _)) => (
                [.. list.Select(x => x!.GetValue<string>())],
                null
            ),
            JsonValue v when v.TryGetValue(out string? text) => (null, text),
            _ => throw json.Error($"{field} must be a text or a list of texts"),
        };

    private static IReadOnlyList<int>? LayersOf(Settings json) =>
        json.Value("layers_to_transform") switch
        {
            null => null,
            JsonArray list when list.All(x => x is JsonValue v && v.TryGetValue(out int _)) =>
            [
                .. list.Select(x => x!.GetValue<int>()),
            ],
            JsonValue v when v.TryGetValue(out int one) => [one],
            _ => throw json.Error("layers_to_transform must be a number or a list of numbers"),
        };

    private static Dictionary<string, double>? PatternOf(Settings json, string field)
    {
        if (json.Value(field) is not { } node)
        {
            return null;
        }

        JsonObject pattern = node as JsonObject ?? throw json.Error($"{field} must be an object");
        Settings inner = new(pattern, $"{json.File}: {field}");
        return inner.Names.ToDictionary(
            n => n,
            n => field == "rank_pattern" ? inner.Size(n, 1 << 16) : inner.Number(n)
        );
    }
}
