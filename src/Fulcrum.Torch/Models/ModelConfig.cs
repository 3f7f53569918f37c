using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Torch.Models;

/// <summary>The configuration of a decoder, as <c>config.json</c> states it. Model families differ only in these
/// values.</summary>
/// <param name="Family"><c>qwen2</c>, <c>qwen3</c>, <c>llama</c> or <c>mistral</c>.</param>
/// <param name="HeadDim">Size of one attention head; not always <c>HiddenSize / Heads</c>.</param>
/// <param name="KeyValueHeads">Heads of keys and values; <c>Heads</c> is a multiple of it.</param>
/// <param name="ContextLength">The longest sequence, in tokens.</param>
/// <param name="QkvBias">The q, k and v projections have a bias.</param>
/// <param name="OutputBias">The o projection has a bias.</param>
/// <param name="MlpBias">The three projections of the feed-forward part have a bias.</param>
/// <param name="HeadNorms">Queries and keys are normalised per head (Qwen3).</param>
/// <param name="TiedHead">Logits are computed with the embedding.</param>
/// <param name="Windows">For each layer the number of positions, its own included, that a token attends to; null:
/// all.</param>
internal sealed record ModelConfig(
    string Family,
    int VocabularySize,
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    int KeyValueHeads,
    int HeadDim,
    int ContextLength,
    double NormEpsilon,
    RotaryConfig Rotary,
    bool QkvBias,
    bool OutputBias,
    bool MlpBias,
    bool HeadNorms,
    bool TiedHead,
    IReadOnlyList<int?> Windows
)
{
    // Settings of other architectures. If one of them were set here, the results would differ.
    private static readonly string[] Foreign =
    [
        "quantization_config",
        "partial_rotary_factor",
        "rotary_pct",
        "rotary_dim",
        "final_logit_softcapping",
        "attn_logit_softcapping",
        "query_pre_attn_scalar",
        "logit_scale",
        "logits_scaling",
        "residual_multiplier",
        "embedding_multiplier",
        "attention_multiplier",
        "scale_emb",
        "scale_depth",
        "clip_qkv",
        "qk_layernorm",
        "use_qk_norm",
        "rope_interleaved",
        "no_rope_layers",
        "num_experts",
        "num_local_experts",
        "cross_attention_layers",
        "attention_chunk_size",
        "alibi",
        "parallel_attn",
    ];

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or asks for something that would change the
    /// results and is not supported.</exception>
    public static ModelConfig Load(string folder) => LoadFile(Path.Combine(folder, "config.json"));

    /// <summary>Reads a file in the layout of <c>config.json</c>.</summary>
    /// <exception cref="InputException">As for <see cref="Load"/>.</exception>
    public static ModelConfig LoadFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InputException($"{path} is a folder; its config.json is wanted");
        }

        try
        {
            JsonNode? json = StrictJson.ReadFile(path, depth: 32);
            return Parse(
                new Settings(json as JsonObject ?? throw new InputException($"{path}: expected a JSON object"), path)
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    private static ModelConfig Parse(Settings json)
    {
        string family = FamilyOf(json);
        json.Only("hidden_act", "silu", "swish");
        foreach (string name in Foreign)
        {
            json.Absent(name);
        }

        int hidden = json.Size("hidden_size", 1 << 17),
            heads = json.Size("num_attention_heads", 1 << 12),
            layers = json.Size("num_hidden_layers", 1 << 10);
        int keyValueHeads = json.Size(
            "num_key_value_heads",
            heads,
            family == "mistral" && !json.Has("num_key_value_heads") ? 8 : heads
        );
        int context = json.Size(
            "max_position_embeddings",
            1 << 27,
            family switch
            {
                "llama" => 2048,
                "mistral" => 131072,
                _ => 32768,
            }
        );
        int headDim = json.Size("head_dim", 1 << 12, family == "qwen3" ? 128 : hidden / heads);
        bool attentionBias = family != "qwen2" && family != "mistral" && json.Flag("attention_bias");
        if (heads % keyValueHeads != 0 || headDim == 0 || headDim % 2 != 0 || (long)heads * headDim > 1 << 20)
        {
            throw json.Error(
                $"{heads} attention heads of size {headDim} over {keyValueHeads} key-value heads do not divide evenly"
            );
        }

        return new ModelConfig(
            family,
            json.Size("vocab_size", 1 << 24),
            hidden,
            json.Size("intermediate_size", 1 << 20),
            layers,
            heads,
            keyValueHeads,
            headDim,
            context,
            json.Number("rms_norm_eps", least: 0, most: 1, missing: 1e-6),
            RotaryConfig.Parse(json, context),
            QkvBias: family == "qwen2" || attentionBias,
            OutputBias: attentionBias,
            MlpBias: family == "llama" && json.Flag("mlp_bias"),
            HeadNorms: family == "qwen3",
            TiedHead: json.Flag("tie_word_embeddings"),
            WindowsOf(json, family, layers)
        );
    }

    private static string FamilyOf(Settings json)
    {
        string type = json.Text("model_type") ?? throw json.Error("model_type is missing");
        string? architecture = json.Value("architectures") is JsonArray { Count: > 0 } list
            ? list[0]?.ToString()
            : null;
        string expected = type switch
        {
            "qwen2" => "Qwen2ForCausalLM",
            "qwen3" => "Qwen3ForCausalLM",
            "llama" => "LlamaForCausalLM",
            "mistral" => "MistralForCausalLM",
            _ => throw json.Error(
                $"unknown architecture '{architecture ?? type}' (model_type '{type}'); known are qwen2, "
                    + "qwen3, llama, mistral"
            ),
        };
        return architecture is null || architecture == expected
            ? type
            : throw json.Error($"unknown architecture '{architecture}' for model_type '{type}'; expected {expected}");
    }

    // Returns the attention window of each layer in tokens; null: the layer attends to all earlier tokens.
    private static int?[] WindowsOf(Settings json, string family, int layers)
    {
        bool usesWindow = family == "mistral" || (family != "llama" && json.Flag("use_sliding_window"));
        bool isNull = json.Has("sliding_window") && json.Value("sliding_window") is null;
        // Null means no window. If the key is absent, transformers uses 4096.
        int? window = usesWindow && !isNull ? json.Size("sliding_window", int.MaxValue, 4096) : null;
        string[]? types = json.Value("layer_types") is JsonArray list
            ? [.. list.Select(t => t?.ToString() ?? "null")]
            : null;
        if (
            types is not null
            && (types.Length != layers || types.Any(t => t is not ("full_attention" or "sliding_attention")))
        )
        {
            throw json.Error(
                $"layer_types must name full_attention or sliding_attention for each of the {layers} layers"
            );
        }

        if (types is not null && window is null && family != "llama" && types.Contains("sliding_attention"))
        {
            throw json.Error("layer_types asks for sliding_attention, but sliding_window is not set");
        }

        int first = family == "mistral" ? 0 : json.Size("max_window_layers", int.MaxValue, 28, least: 0);
        return [.. Enumerable.Range(0, layers).Select(layer => IsWindowed(layer) ? window : null)];

        bool IsWindowed(int layer) =>
            types is null || family == "mistral" ? layer >= first : types[layer] == "sliding_attention";
    }
}
