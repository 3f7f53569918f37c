using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Statistics;
using Microsoft.Data.Sqlite;

namespace Fulcrum.Tests;

/// <summary>A whole study that takes a second: a model of random weights that reads bytes, two small databases, two
/// subjects of multiple choice. Written from nothing but its seed.</summary>
internal static class TinyStudy
{
    private const int Hidden = 32,
        Inner = 64,
        Layers = 2,
        Heads = 2,
        Vocabulary = 320,
        End = 258;

    /// <summary>Writes the study and all that it names into a folder.</summary>
    /// <returns>The path of <c>study.json</c>.</returns>
    public static string Write(string folder, int itemsPerSubject = 150)
    {
        WriteModel(Path.Combine(folder, "model"));
        WriteSpider(Path.Combine(folder, "spider"));
        WriteMmlu(Path.Combine(folder, "mmlu"), itemsPerSubject);
        string study = Path.Combine(folder, "study.json");
        File.WriteAllText(
            study,
            """
            {
              "name": "tiny",
              "base": { "model": "model", "dtype": "f32", "device": "cpu", "threads": 1 },
              "tasks": {
                "spider": { "kind": "spider", "data": "spider", "items": 12, "maxNewTokens": 8 },
                "mmlu": { "kind": "mmlu", "data": "mmlu", "fewshot": 0 }
              },
              "trainingData": { "data": "spider", "examples": 24 },
              "candidates": {
                "tuned": {
                  "train": { "epochs": 2, "batchSize": 4, "learningRate": 1e-2, "rank": 2, "alpha": 4, "dropout": 0.1, "checkpointEvery": 2 }
                }
              },
              "derive": { "lambda": [0.5] }
            }
            """
        );
        return study;
    }

    /// <summary>A model folder: decoder, byte tokenizer, chat template.</summary>
    public static void WriteModel(string folder, int seed = 1)
    {
        Directory.CreateDirectory(folder);
        Write(
            folder,
            "config.json",
            new JsonObject
            {
                ["architectures"] = new JsonArray("Qwen2ForCausalLM"),
                ["model_type"] = "qwen2",
                ["hidden_act"] = "silu",
                ["hidden_size"] = Hidden,
                ["intermediate_size"] = Inner,
                ["num_hidden_layers"] = Layers,
                ["num_attention_heads"] = Heads,
                ["num_key_value_heads"] = 1,
                ["max_position_embeddings"] = 4096,
                ["rms_norm_eps"] = 1e-6,
                ["rope_theta"] = 10000.0,
                ["tie_word_embeddings"] = true,
                ["vocab_size"] = Vocabulary,
                ["bos_token_id"] = 256,
                ["eos_token_id"] = End,
            }
        );
        Write(folder, "generation_config.json", new JsonObject { ["eos_token_id"] = End });
        Write(
            folder,
            "tokenizer_config.json",
            new JsonObject
            {
                ["eos_token"] = "<|im_end|>",
                ["chat_template"] =
                    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
            }
        );
        Write(folder, "tokenizer.json", Tokenizer());
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), Weights(seed));
    }

    private static void Write(string folder, string name, JsonObject content) =>
        File.WriteAllText(Path.Combine(folder, name), content.ToJsonString());

    private static JsonObject Tokenizer()
    {
        JsonObject vocabulary = [];
        int beyond = 256;
        for (int b = 0; b < 256; b++)
        {
            // GPT-2's alphabet: every byte has a printable character.
            bool printable = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
            vocabulary[((char)(printable ? b : beyond++)).ToString()] = b;
        }

        JsonArray added = new([
            .. new[] { "<|endoftext|>", "<|im_start|>", "<|im_end|>" }.Select(
                (t, i) =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["id"] = 256 + i,
                            ["content"] = t,
                            ["single_word"] = false,
                            ["lstrip"] = false,
                            ["rstrip"] = false,
                            ["normalized"] = false,
                            ["special"] = true,
                        }
            ),
        ]);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = false,
                ["trim_offsets"] = false,
                ["use_regex"] = false,
            },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = false,
                ["trim_offsets"] = false,
                ["use_regex"] = false,
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        };
    }

    private static byte[] Weights(int seed)
    {
        const int Values = Hidden / Heads;
        List<(string Name, int[] Shape)> tensors =
        [
            ("model.embed_tokens.weight", [Vocabulary, Hidden]),
            ("model.norm.weight", [Hidden]),
        ];
        for (int layer = 0; layer < Layers; layer++)
        {
            string at = $"model.layers.{layer}.";
            tensors.AddRange([
                (at + "self_attn.q_proj.weight", [Hidden, Hidden]),
                (at + "self_attn.q_proj.bias", [Hidden]),
                (at + "self_attn.k_proj.weight", [Values, Hidden]),
                (at + "self_attn.k_proj.bias", [Values]),
                (at + "self_attn.v_proj.weight", [Values, Hidden]),
                (at + "self_attn.v_proj.bias", [Values]),
                (at + "self_attn.o_proj.weight", [Hidden, Hidden]),
                (at + "mlp.gate_proj.weight", [Inner, Hidden]),
                (at + "mlp.up_proj.weight", [Inner, Hidden]),
                (at + "mlp.down_proj.weight", [Hidden, Inner]),
                (at + "input_layernorm.weight", [Hidden]),
                (at + "post_attention_layernorm.weight", [Hidden]),
            ]);
        }

        RandomStream random = RandomStream.For(seed, "tiny weights");
        JsonObject header = [];
        using MemoryStream data = new();
        foreach ((string name, int[] shape) in tensors)
        {
            int count = shape.Aggregate(1, (a, b) => a * b);
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(n => (JsonNode)n)]),
                ["data_offsets"] = new JsonArray(data.Length, data.Length + 4 * count),
            };
            for (int i = 0; i < count; i++)
            {
                data.Write(
                    BitConverter.GetBytes(
                        name.Contains("norm", StringComparison.Ordinal)
                            ? 1f
                            : (float)(0.3 * (random.NextInt(20001) - 10000) / 10000)
                    )
                );
            }
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data.ToArray()];
    }

    private static void WriteSpider(string folder)
    {
        string[] databases = ["shop", "zoo"];
        Directory.CreateDirectory(folder);
        foreach (string name in databases)
        {
            Directory.CreateDirectory(Path.Combine(folder, "database", name));
            string file = Path.Combine(folder, "database", name, name + ".sqlite");
            File.Delete(file);
            using SqliteConnection connection = new($"Data Source={file};Pooling=False");
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText =
                "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL); "
                + string.Concat(
                    Enumerable.Range(0, 8).Select(i => $"INSERT INTO item VALUES ({i}, '{name} {i}', {i}.5); ")
                );
            command.ExecuteNonQuery();
        }

        File.WriteAllText(
            Path.Combine(folder, "tables.json"),
            new JsonArray([.. databases.Select(Schema)]).ToJsonString()
        );
        File.WriteAllText(Path.Combine(folder, "dev.json"), Examples(databases, 12, "dev"));
        File.WriteAllText(Path.Combine(folder, "train_spider.json"), Examples(databases, 24, "train"));
    }

    private static JsonNode Schema(string database) =>
        new JsonObject
        {
            ["db_id"] = database,
            ["table_names_original"] = new JsonArray("item"),
            ["table_names"] = new JsonArray("item"),
            ["column_names_original"] = JsonNode.Parse("""[[-1, "*"], [0, "id"], [0, "name"], [0, "price"]]"""),
            ["column_names"] = JsonNode.Parse("""[[-1, "*"], [0, "id"], [0, "name"], [0, "price"]]"""),
            ["column_types"] = new JsonArray("text", "number", "text", "number"),
            ["primary_keys"] = new JsonArray(1),
            ["foreign_keys"] = new JsonArray(),
        };

    private static string Examples(string[] databases, int count, string split) =>
        JsonSerializer.Serialize(
            Enumerable
                .Range(0, count)
                .Select(i => new
                {
                    db_id = databases[i % databases.Length],
                    question = $"What costs item {i} of {split}?",
                    query = $"SELECT price FROM item WHERE id = {i % 8}",
                })
        );

    private static void WriteMmlu(string folder, int items)
    {
        foreach (string split in (string[])["dev", "test"])
        {
            Directory.CreateDirectory(Path.Combine(folder, split));
            foreach (string subject in (string[])["philosophy", "econometrics"])
            {
                IEnumerable<string> rows = Enumerable
                    .Range(0, split == "dev" ? 5 : items)
                    .Select(i =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"What is {i} in {subject}?,{i},{i + 1},{i * 3},none,{(char)('A' + i * 7 % 4)}"
                        )
                    );
                File.WriteAllText(
                    Path.Combine(folder, split, $"{subject}_{split}.csv"),
                    string.Join('\n', rows) + "\n"
                );
            }
        }
    }
}
