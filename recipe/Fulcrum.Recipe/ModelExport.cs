using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Recipe.Pretraining;
using Fulcrum.Recipe.Tokens;
using Fulcrum.Tokenization;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Recipe;

/// <summary>The trained decoder as a Hugging Face folder of the Qwen2 architecture, weights in bfloat16.</summary>
internal static class ModelExport
{
    private const string ChatTemplate =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the folder; the tokenizer is copied.</summary>
    public static void Write(Decoder model, Shape shape, string tokenizerFolder, string folder)
    {
        File.Copy(
            Path.Combine(tokenizerFolder, "tokenizer.json"),
            Path.Combine(Directory.CreateDirectory(folder).FullName, "tokenizer.json"),
            overwrite: true
        );
        Tokenizer tokenizer = Tokenizer.Load(tokenizerFolder);
        int end = tokenizer.TokenId("<|im_end|>")!.Value,
            stop = tokenizer.TokenId("<|endoftext|>")!.Value;
        Put(folder, "tokenizer_config.json", TokenizerConfig());
        Put(
            folder,
            "generation_config.json",
            new JsonObject
            {
                ["bos_token_id"] = stop,
                ["eos_token_id"] = new JsonArray(end, stop),
                ["pad_token_id"] = stop,
            }
        );
        using (DisposeScope scope = NewDisposeScope())
        using (no_grad())
        {
            Dictionary<string, Tensor> weights = Weights(model, shape)
                .ToDictionary(w => w.Name, w => w.Value.to_type(ScalarType.BFloat16).contiguous());
            SafetensorsFile.Write(
                Path.Combine(folder, "model.safetensors"),
                weights,
                new Dictionary<string, string> { ["format"] = "pt" }
            );
        }

        Put(folder, "config.json", Config(shape, end, stop));
    }

    private static JsonObject Config(Shape shape, int end, int stop) =>
        new()
        {
            ["architectures"] = new JsonArray("Qwen2ForCausalLM"),
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = stop,
            ["eos_token_id"] = end,
            ["hidden_act"] = "silu",
            ["hidden_size"] = shape.Hidden,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = shape.FeedForward,
            ["max_position_embeddings"] = 1024,
            ["max_window_layers"] = shape.Layers,
            ["model_type"] = "qwen2",
            ["num_attention_heads"] = shape.Heads,
            ["num_hidden_layers"] = shape.Layers,
            ["num_key_value_heads"] = shape.Heads,
            ["rms_norm_eps"] = Shape.Epsilon,
            ["rope_theta"] = Shape.Theta,
            ["sliding_window"] = null,
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "bfloat16",
            ["use_cache"] = true,
            ["use_sliding_window"] = false,
            ["vocab_size"] = shape.Vocabulary,
        };

    private static JsonObject TokenizerConfig() =>
        new()
        {
            ["add_bos_token"] = false,
            ["add_prefix_space"] = false,
            ["bos_token"] = null,
            ["chat_template"] = ChatTemplate,
            ["clean_up_tokenization_spaces"] = false,
            ["eos_token"] = BpeTrainer.Special[2],
            ["pad_token"] = BpeTrainer.Special[0],
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["unk_token"] = null,
        };

    private static IEnumerable<(string Name, Tensor Value)> Weights(Decoder m, Shape shape)
    {
        yield return ("model.embed_tokens.weight", m.Embedding);
        yield return ("model.norm.weight", m.Norms[-1]);
        string[] maps = ["q_proj", "k_proj", "v_proj"],
            gated = ["gate_proj", "up_proj"];
        for (int i = 0; i < shape.Layers; i++)
        {
            string at = $"model.layers.{i}.";
            yield return (at + "input_layernorm.weight", m.Norms[2 * i]);
            yield return (at + "post_attention_layernorm.weight", m.Norms[2 * i + 1]);
            for (int j = 0; j < 3; j++)
            {
                yield return ($"{at}self_attn.{maps[j]}.weight", m.Qkv[3 * i + j]);
                yield return ($"{at}self_attn.{maps[j]}.bias", m.QkvBias[i].narrow(0, j * shape.Hidden, shape.Hidden));
            }

            for (int j = 0; j < 2; j++)
            {
                yield return ($"{at}mlp.{gated[j]}.weight", m.GateUp[2 * i + j]);
            }

            yield return (at + "self_attn.o_proj.weight", m.Output[i]);
            yield return (at + "mlp.down_proj.weight", m.Down[i]);
        }
    }

    private static void Put(string folder, string name, JsonObject json) =>
        AtomicFile.WriteText(Path.Combine(folder, name), json.ToJsonString(Indented) + "\n");
}
