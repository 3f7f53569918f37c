using System.Text.Json.Nodes;
using Fulcrum.Torch.Models;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class ModelConfigTests : IDisposable
{
    private const string Small = """
        {"model_type": "llama", "vocab_size": 32, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "hidden_act": "silu"}
        """;

    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Fact]
    public void Both_layouts_of_the_rotary_settings_are_one_configuration()
    {
        ModelConfig newer = ModelConfig.Load(SharedData.Of("golden", "models", "llama3-scaled"));
        ModelConfig older = ModelConfig.LoadFile(
            SharedData.Of("golden", "models", "llama3-scaled", "config.older-layout.json")
        );

        Assert.Equal(newer.Rotary, older.Rotary);
        Assert.Equal("llama3", newer.Rotary.Kind);
    }

    [Theory]
    [InlineData("factor", 0)]
    [InlineData("factor", -1)]
    [InlineData("factor", 1e300)]
    [InlineData("low_freq_factor", 0)]
    [InlineData("low_freq_factor", 4)]
    [InlineData("high_freq_factor", 1)]
    [InlineData("original_max_position_embeddings", 0)]
    public void A_rotary_setting_out_of_range_is_an_error_that_names_it(string key, double value)
    {
        JsonObject scaling = new()
        {
            ["rope_type"] = "llama3",
            ["factor"] = 8,
            ["low_freq_factor"] = 1,
            ["high_freq_factor"] = 4,
            ["original_max_position_embeddings"] = 8192,
        };
        Assert.NotNull(Parse(("rope_scaling", scaling.DeepClone())));
        scaling[key] = key == "original_max_position_embeddings" ? (int)value : value;

        string message = Assert.Throws<InputException>(() => Parse(("rope_scaling", scaling))).Message;
        Assert.Contains(key, message);
    }

    [Fact]
    public void A_sliding_window_counts_only_where_it_is_in_use()
    {
        Assert.All(Parse(("model_type", "mistral"), ("sliding_window", 8)).Windows, w => Assert.Equal(8, w));
        Assert.All(Parse(("model_type", "qwen2"), ("sliding_window", 8)).Windows, w => Assert.Null(w));
        Assert.Equal(
            [null, 8],
            Parse(
                ("model_type", "qwen2"),
                ("sliding_window", 8),
                ("use_sliding_window", true),
                ("max_window_layers", 1)
            ).Windows
        );
    }

    [Theory]
    [InlineData("model_type", "gpt2", "gpt2")]
    [InlineData("hidden_act", "gelu", "hidden_act")]
    [InlineData("hidden_size", -4, "hidden_size")]
    [InlineData("vocab_size", 1L << 40, "vocab_size")]
    [InlineData("num_hidden_layers", 1.5, "num_hidden_layers")]
    [InlineData("num_key_value_heads", 3, "do not divide")]
    [InlineData("partial_rotary_factor", 0.5, "partial_rotary_factor")]
    [InlineData("final_logit_softcapping", 30.0, "final_logit_softcapping")]
    [InlineData("rope_interleaved", true, "rope_interleaved")]
    [InlineData("num_local_experts", 8, "num_local_experts")]
    [InlineData("rms_norm_eps", "small", "rms_norm_eps")]
    [InlineData("rms_norm_eps", -1, "rms_norm_eps")]
    [InlineData("rms_norm_eps", 1e300, "rms_norm_eps")]
    [InlineData("rope_theta", -10000, "rope_theta")]
    [InlineData("rope_theta", 0, "rope_theta")]
    [InlineData("rope_theta", 1e308, "rope_theta")]
    [InlineData("num_attention_heads", 0, "num_attention_heads")]
    [InlineData("num_key_value_heads", -4, "num_key_value_heads")]
    [InlineData("intermediate_size", 0, "intermediate_size")]
    [InlineData("max_position_embeddings", 2000000000, "max_position_embeddings")]
    [InlineData("head_dim", 3, "size 3")]
    public void What_would_change_the_numbers_is_an_error_that_names_it(string key, object value, string named) =>
        Assert.Contains(named, Assert.Throws<InputException>(() => Parse((key, value))).Message);

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("null", "expected a JSON object")]
    [InlineData("{\"model_type\": \"llama\", \"model_type\": \"qwen2\"}", "not valid JSON")]
    [InlineData("{\"model_type\": 7}", "model_type must be a text")]
    [InlineData("{\"model_type\": \"llama\", \"hidden_size\": 1e999}", "hidden_size")]
    public void A_configuration_that_is_none_ends_in_one_sentence(string text, string says)
    {
        File.WriteAllText(file, text);

        Assert.Contains(says, Assert.Throws<InputException>(() => ModelConfig.LoadFile(file)).Message);
    }

    [Fact]
    public void A_configuration_that_is_nested_without_end_is_refused()
    {
        File.WriteAllText(file, string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));

        Assert.Contains("not valid JSON", Assert.Throws<InputException>(() => ModelConfig.LoadFile(file)).Message);
    }

    [Fact]
    public void Missing_configuration_keys_have_the_references_defaults()
    {
        ModelConfig llama = Parse(
            ("num_key_value_heads", null),
            ("rope_interleaved", false),
            ("quantization_config", new JsonObject())
        );
        ModelConfig mistral = Parse(
            ("model_type", "mistral"),
            ("hidden_size", 64),
            ("num_attention_heads", 16),
            ("num_key_value_heads", Absent),
            ("head_dim", null)
        );

        Assert.Equal((4, 4, 10000d, false), (llama.KeyValueHeads, llama.HeadDim, llama.Rotary.Theta, llama.TiedHead));
        Assert.Equal((8, 4096), (mistral.KeyValueHeads, mistral.Windows[0]));
        Assert.Null(Parse(("model_type", "mistral"), ("sliding_window", null)).Windows[0]);
        Assert.Equal(128, Parse(("model_type", "qwen3")).HeadDim);
        Assert.Equal(
            [null, 4096],
            Parse(("model_type", "qwen3"), ("use_sliding_window", true), ("max_window_layers", 1)).Windows
        );
        Assert.Equal(
            [4096, null],
            Parse(
                ("model_type", "qwen2"),
                ("use_sliding_window", true),
                ("layer_types", new JsonArray("sliding_attention", "full_attention"))
            ).Windows
        );
    }

    [Fact]
    public void A_dynamic_stretch_changes_nothing_within_the_context() =>
        Assert.Equal(
            Parse().Rotary,
            Parse(("rope_scaling", new JsonObject { ["type"] = "dynamic", ["factor"] = 4.0 })).Rotary
        );

    [Fact]
    public void An_unknown_setting_of_the_rotary_embedding_is_an_error_that_names_it() =>
        Assert.Contains(
            "mscale",
            Assert
                .Throws<InputException>(() =>
                    Parse(
                        (
                            "rope_scaling",
                            new JsonObject
                            {
                                ["type"] = "linear",
                                ["factor"] = 4,
                                ["mscale"] = 1,
                            }
                        )
                    )
                )
                .Message
        );

    [Fact]
    public void An_unknown_kind_of_rotary_scaling_is_an_error_that_names_it() =>
        Assert.Contains(
            "yarn",
            Assert
                .Throws<InputException>(() =>
                    Parse(("rope_scaling", new JsonObject { ["type"] = "yarn", ["factor"] = 4 }))
                )
                .Message
        );

    private static readonly object Absent = new();

    private ModelConfig Parse(params (string Key, object? Value)[] changes)
    {
        JsonObject json = JsonNode.Parse(Small)!.AsObject();
        foreach ((string key, object? value) in changes)
        {
            json[key] = value as JsonNode ?? JsonValue.Create(value);
            _ = value == Absent && json.Remove(key);
        }

        File.WriteAllText(file, json.ToJsonString());
        return ModelConfig.LoadFile(file);
    }
}
