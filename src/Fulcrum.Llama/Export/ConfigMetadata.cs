using System.Text.Json.Nodes;
using Fulcrum.Llama.Gguf;
using Fulcrum.Tokenization;

namespace Fulcrum.Llama.Export;

/// <summary>Converts <c>config.json</c> to metadata of a GGUF file, with the keys that llama.cpp's own conversion
/// writes.</summary>
internal sealed class ConfigMetadata
{
    private const double Smallest = 1e-6,
        Largest = 1e12;
    private readonly JsonFile json;
    private readonly JsonNode? rope;

    private ConfigMetadata(JsonFile json)
    {
        this.json = json;
        rope = json.Root["rope_parameters"] ?? json.Root["rope_scaling"];
        string type = json.Text(json.Root, "model_type");
        Architecture = type switch
        {
            "qwen2" or "qwen3" or "llama" => type,
            "mistral" => "llama",
            _ => throw json.Error(
                $"models of type '{type}' cannot be written as GGUF; supported are qwen2, qwen3, llama, mistral"
            ),
        };
        if (Architecture == "qwen3" && json.Flag(json.Root, "attention_bias"))
        {
            throw json.Error("llama.cpp has no qwen3 model with attention_bias");
        }
    }

    /// <summary><c>general.architecture</c>.</summary>
    public string Architecture { get; }

    /// <summary>Rows of the embedding.</summary>
    public int VocabularySize => json.Whole(json.Root, "vocab_size");

    /// <summary>Attention heads of queries.</summary>
    public int Heads => json.Whole(json.Root, "num_attention_heads");

    /// <summary>Attention heads of keys and values.</summary>
    public int KeyValueHeads => Whole("num_key_value_heads") ?? Heads;

    /// <summary>Components of an attention head.</summary>
    public int HeadSize => Whole("head_dim") ?? json.Whole(json.Root, "hidden_size") / Heads;

    /// <summary>Whether rows of queries and keys are stored in another order, because llama.cpp's llama architecture
    /// rotates pairs of neighbouring components.</summary>
    public bool Permutes => Architecture == "llama";

    /// <summary>Whether the output layer uses the embedding's weights.</summary>
    public bool TiedHead => json.Flag(json.Root, "tie_word_embeddings");

    /// <summary>The size in tokens of the sliding window of some layers, which llama.cpp ignores; null for
    /// none.</summary>
    public int? IgnoredWindow =>
        json.Root["sliding_window"] is JsonValue v
        && v.TryGetValue(out int window)
        && window < ContextLength
        && (json.Text(json.Root, "model_type") == "mistral" || json.Flag(json.Root, "use_sliding_window"))
            ? window
            : null;

    /// <summary>The longest sequence in tokens.</summary>
    public int ContextLength => json.Whole(json.Root, "max_position_embeddings");

    /// <summary>Returns the id of a special token (<c>bos</c>, <c>eos</c>, <c>pad</c>); null if there is none, or a
    /// list.</summary>
    public int? TokenId(string name) =>
        json.Root[$"{name}_token_id"] is JsonValue v && v.TryGetValue(out int id) && id >= 0 ? id : null;

    /// <summary>Reads the configuration of a model folder.</summary>
    /// <exception cref="InputException">The file is missing or malformed, or its model cannot be written as
    /// GGUF.</exception>
    public static ConfigMetadata Read(string folder) => new(new JsonFile(Path.Combine(folder, "config.json")));

    /// <summary>Returns keys and values.</summary>
    public IEnumerable<(string Key, GgufValue Value)> Keys()
    {
        string a = Architecture;
        yield return ($"{a}.block_count", Count("num_hidden_layers"));
        yield return ($"{a}.context_length", Count("max_position_embeddings"));
        yield return ($"{a}.embedding_length", Count("hidden_size"));
        yield return ($"{a}.feed_forward_length", Count("intermediate_size"));
        yield return ($"{a}.attention.head_count", Count("num_attention_heads"));
        yield return ($"{a}.attention.head_count_kv", GgufValue.Count(KeyValueHeads));
        if (Theta is { } theta)
        {
            yield return ($"{a}.rope.freq_base", GgufValue.Of((float)theta));
        }

        yield return (
            $"{a}.attention.layer_norm_rms_epsilon",
            GgufValue.Of((float)(Number(json.Root, "rms_norm_eps", least: 0, most: 1) ?? 1e-6))
        );
        if (Whole("head_dim") is { } head)
        {
            yield return ($"{a}.attention.key_length", GgufValue.Count(head));
            yield return ($"{a}.attention.value_length", GgufValue.Count(head));
        }

        if (a == "llama")
        {
            yield return ("llama.vocab_size", GgufValue.Count(VocabularySize));
            yield return ("llama.rope.dimension_count", GgufValue.Count(HeadSize));
        }

        foreach ((string, GgufValue) key in Scaling())
        {
            yield return key;
        }
    }

    /// <summary>Returns the values of the tensor <c>rope_freqs.weight</c>, the divisors of the rotary frequencies; null
    /// if the model does not need it.</summary>
    /// <remarks>For scaling of type <c>llama3</c>, for which the format has no key.</remarks>
    public float[]? RopeFactors()
    {
        if (RopeType != "llama3")
        {
            return null;
        }

        double factor = Needed("factor"),
            low = Needed("low_freq_factor"),
            high = Needed("high_freq_factor"),
            original = Needed("original_max_position_embeddings"),
            theta = Theta ?? 10000;
        float[] factors = new float[HeadSize / 2];
        for (int i = 0; i < factors.Length; i++)
        {
            double wavelength = 2 * Math.PI * Math.Pow(theta, 2.0 * i / HeadSize);
            double smooth = (original / wavelength - low) / (high - low);
            factors[i] =
                wavelength < original / high ? 1
                : wavelength > original / low ? (float)factor
                : (float)(1 / ((1 - smooth) / factor + smooth));
        }

        return factors;
    }

    private double? Theta => RopeValue("rope_theta") ?? Number(json.Root, "rope_theta", Smallest, Largest);

    private string RopeType =>
        rope is JsonObject o && (o["rope_type"] ?? o["type"]) is JsonValue v && v.TryGetValue(out string? name)
            ? name
            : "default";

    // Optional settings of YaRN: the names in config.json and in GGUF.
    private static readonly (string Name, string Key)[] YarnFactors =
    [
        ("extrapolation_factor", "yarn_ext_factor"),
        ("attention_factor", "yarn_attn_factor"),
        ("beta_fast", "yarn_beta_fast"),
        ("beta_slow", "yarn_beta_slow"),
    ];

    private IEnumerable<(string Key, GgufValue Value)> Scaling()
    {
        string prefix = $"{Architecture}.rope.scaling.";
        switch (RopeType)
        {
            case "default" or "dynamic" or "llama3":
                break;
            case "linear":
                yield return (prefix + "type", GgufValue.Of("linear"));
                yield return (prefix + "factor", GgufValue.Of((float)Needed("factor")));
                break;
            case "yarn":
                yield return (prefix + "type", GgufValue.Of("yarn"));
                yield return (prefix + "factor", GgufValue.Of((float)Needed("factor")));
                double originalLength = RopeValue("original_max_position_embeddings") ?? ContextLength;
                yield return (prefix + "original_context_length", GgufValue.Count((long)originalLength));
                foreach ((string name, string key) in YarnFactors)
                {
                    if (RopeValue(name) is { } value)
                    {
                        yield return (prefix + key, GgufValue.Of((float)value));
                    }
                }

                break;
            case var other:
                throw json.Error(
                    $"the rope type '{other}' cannot be written as GGUF; supported are default, linear, llama3, yarn"
                );
        }
    }

    private GgufValue Count(string name) =>
        json.Whole(json.Root, name) is > 0 and var count
            ? GgufValue.Count(count)
            : throw json.Error($"'{name}' must be positive");

    private int? Whole(string name) => json.Root[name] is null ? null : json.Whole(json.Root, name);

    private double? RopeValue(string name) => rope is JsonObject o ? Number(o, name, Smallest, Largest) : null;

    private double Needed(string name) => RopeValue(name) ?? throw json.Error($"the rope settings lack '{name}'");

    private double? Number(JsonNode node, string name, double least, double most) =>
        node[name] switch
        {
            null => null,
            JsonValue v when v.TryGetValue(out double number) && number >= least && number <= most => number,
            JsonNode other => throw json.Error(
                FormattableString.Invariant(
                    $"'{name}' is {other.ToJsonString()}; it must be a number from {least} to {most}"
                )
            ),
        };
}
