using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class AdapterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("base_model.model.", "")]
    [InlineData(".lora_A.weight", ".lora_A.default.weight")]
    [InlineData(".lora_magnitude_vector", ".lora_magnitude_vector.default.weight")]
    public void Tensor_names_of_every_version_of_the_format_are_the_same_adapter(string from, string to)
    {
        Variant("dora", rename: name => name.Replace(from, to, StringComparison.Ordinal));

        Assert.Equal(Logits(SharedData.Of("golden", "lora", "dora")), Logits(folder));
    }

    [Theory]
    [InlineData("layers_to_transform", "[0, 2]", "layers.1.")]
    [InlineData("exclude_modules", "[\"q_proj\"]", "q_proj")]
    [InlineData("exclude_modules", "\".*layers\\\\.1\\\\..*v_proj\"", "layers.1.self_attn.v_proj")]
    [InlineData("target_modules", "\".*layers\\\\.[02]\\\\.self_attn\\\\.(?P<which>q|k|v|o)_proj\"", "layers.1.")]
    public void An_update_without_some_modules_is_the_update_whose_other_parts_are_zero(
        string key,
        string value,
        string without
    )
    {
        Variant(
            "seed-config",
            config => config[key] = JsonNode.Parse(value),
            keep: name => !name.Contains(without, StringComparison.Ordinal)
        );
        double[] fewer = Logits(folder);
        Variant("seed-config", zero: name => name.Contains(without, StringComparison.Ordinal));

        Assert.Equal(Logits(folder), fewer);
        Assert.NotEqual(Logits(null), fewer);
    }

    [Theory]
    [InlineData("use_qalora", "true")]
    [InlineData("lora_bias", "true")]
    [InlineData("bias", "\"some\"")]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("trainable_token_indices", "{\"q_proj\": [1]}")]
    [InlineData("trainable_token_indices", "[1000000]")]
    [InlineData("trainable_token_indices", "[-3]")]
    [InlineData("trainable_token_indices", "{\"embed_tokens\": [1], \"model.embed_tokens\": [2]}")]
    [InlineData("layer_replication", "[[0, 1]]")]
    [InlineData("init_lora_weights", "\"pissa\"")]
    [InlineData("modules_to_save", "[\"norm\"]")]
    [InlineData("target_modules", "null")]
    [InlineData("target_modules", "[\"c_attn\"]")]
    public void A_part_that_is_not_supported_is_refused_by_name(string key, string value)
    {
        Variant("seed-config", config => config[key] = JsonNode.Parse(value));

        string named = key is "target_modules" && value != "null" ? "c_attn" : key;
        Assert.Contains(named, Assert.Throws<InputException>(() => Logits(folder)).Message);
    }

    [Theory]
    [InlineData("3", 1)]
    [InlineData("true", 1)]
    [InlineData("\"fast\"", 1)]
    [InlineData("0", 0)]
    [InlineData("0.0", 0)]
    [InlineData("\"\"", 0)]
    [InlineData("{}", 0)]
    public void An_unknown_setting_is_a_warning_if_it_is_on(string value, int expected)
    {
        Variant("seed-config", config => config["a_part_from_the_future"] = JsonNode.Parse(value));
        List<string> warnings = [];

        double[] logits = Logits(folder, warn: warnings.Add);

        Assert.Equal(Logits(SharedData.Of("golden", "lora", "seed-config")), logits);
        Assert.Equal(expected, warnings.Count);
        Assert.All(warnings, w => Assert.Contains("a_part_from_the_future", w));
    }

    [Theory]
    [InlineData("all", "base_layer.bias", "bias")]
    [InlineData("lora_only", "bias", "bias")]
    [InlineData("all", "base_layer.bias", "base_layer.bias")]
    public void Trained_biases_replace_the_models_by_lambda(string bias, string adapted, string other)
    {
        using LanguageModel plain = new TorchEngine().LoadModel(Plan());
        Dictionary<string, Tensor> trained = plain
            .Projections.Where(p => p.Bias is not null && (bias == "all" || !p.Name.EndsWith("k_proj")))
            .ToDictionary(
                p => $"base_model.model.{p.Name}.{(p.Name.EndsWith("k_proj") ? other : adapted)}",
                p => p.Bias!.add(1)
            );
        Variant("seed-config", config => config["bias"] = bias, zero: _ => true, add: trained);
        using LanguageModel half = new TorchEngine().LoadModel(
            Plan() with
            {
                Adapter = new AppliedAdapter(folder, 0.5),
            }
        );

        Dictionary<string, Tensor?> before = plain.Projections.ToDictionary(p => p.Name, p => p.Bias);
        foreach (Projection projection in half.Projections.Where(p => p.Bias is not null))
        {
            double moved = bias == "all" || !projection.Name.EndsWith("k_proj") ? 0.5 : 0;
            using DisposeScope scope = NewDisposeScope();
            Tensor difference = projection.Bias! - before[projection.Name]!;
            Assert.InRange((difference - moved).abs().max().ToDouble(), 0, 1e-6);
        }

        Assert.Equal(Logits(null), half.WithoutAdapter(() => Values(half)));
        Assert.Equal(Logits(null), Logits(folder, 0));
    }

    [Fact]
    public void Singly_trained_tokens_replace_rows_of_a_tied_table_on_both_sides()
    {
        using LanguageModel plain = new TorchEngine().LoadModel(Plan());
        using Tensor rows = randn(2, 64),
            table = plain.Embedding.clone();
        Variant(
            "seed-config",
            config => config["trainable_token_indices"] = new JsonArray(5, 3),
            zero: _ => true,
            add: new() { ["base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta"] = rows }
        );
        using LanguageModel adapted = new TorchEngine().LoadModel(Plan() with { Adapter = new AppliedAdapter(folder) });

        using DisposeScope scope = NewDisposeScope();
        Tensor expected = table.clone();
        expected[5] = rows[0];
        expected[3] = rows[1];
        Assert.Equal(0, (adapted.Embedding - expected).abs().max().ToDouble());
        Assert.Equal(0, (adapted.Head.Dense() - expected).abs().max().ToDouble());
        Assert.True(adapted.HeadIsTied);
        Assert.Equal(Logits(null), adapted.WithoutAdapter(() => Values(adapted)));
    }

    [Fact]
    public void An_adapter_of_mlx_is_the_transposed_adapter_of_peft()
    {
        string peft = SharedData.Of("golden", "lora", "seed-config");
        using SafetensorsFile source = SafetensorsFile.Open(Path.Combine(peft, "adapter_model.safetensors"));
        Dictionary<string, Tensor> turned = source.Tensors.Keys.ToDictionary(
            n =>
                n.Replace("base_model.model.", "", StringComparison.Ordinal)
                    .Replace("lora_A.weight", "lora_a", StringComparison.Ordinal)
                    .Replace("lora_B.weight", "lora_b", StringComparison.Ordinal),
            n => source.Read(n).t().contiguous()
        );
        SafetensorsFile.Write(Path.Combine(folder, "adapters.safetensors"), turned);
        File.WriteAllText(
            Path.Combine(folder, "adapter_config.json"),
            """{"fine_tune_type": "lora", "num_layers": 3, "lora_parameters": {"rank": 4, "scale": 2.0}}"""
        );

        Assert.Equal(Logits(peft), Logits(folder));

        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), """{"fine_tune_type": "full"}""");
        Assert.Contains("fine_tune_type", Assert.Throws<InputException>(() => Logits(folder)).Message);
    }

    [Fact]
    public void A_matmul_with_some_rows_of_a_larger_weight_is_about_as_fast_as_with_a_copy_of_them()
    {
        Libtorch.Ensure();
        using DisposeScope scope = NewDisposeScope();
        Tensor input = randn(256, 192),
            part = FrozenMatmul.ColumnMajor(randn(576, 192)).narrow(0, 0, 192),
            copy = FrozenMatmul.ColumnMajor(part);

        double Best(Tensor weight) =>
            Enumerable
                .Range(0, 9)
                .Min(_ =>
                {
                    long start = System.Diagnostics.Stopwatch.GetTimestamp();
                    FrozenMatmul.Forward(input, weight, null).Dispose();
                    return System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
                });

        // oneDNN's reference loop takes about a hundred times as long.
        Assert.InRange(Best(part) / Best(copy), 0, 20);
        Assert.True(
            allclose(FrozenMatmul.Forward(input, part, null), FrozenMatmul.Forward(input, copy, null), 1e-4, 1e-4)
        );
    }

    [Fact]
    public void A_base_of_another_name_is_a_warning_and_a_tensor_too_many_an_error()
    {
        Variant("seed-config", config => config["base_model_name_or_path"] = "somebody/another-model");
        List<string> warnings = [];
        new TorchEngine(warnings.Add).LoadModel(Plan() with { Adapter = new AppliedAdapter(folder) }).Dispose();
        Assert.Contains("another-model", Assert.Single(warnings));
        string doubt = ((IEngine)new TorchEngine()).AdapterDoubt(Plan() with { Adapter = new AppliedAdapter(folder) })!;
        Assert.EndsWith(doubt, warnings[0]);

        Variant("seed-config", config => config["target_modules"] = new JsonArray("q_proj"));
        Assert.Contains("belongs to no target", Assert.Throws<InputException>(() => Logits(folder)).Message);
    }

    [Fact]
    public void Fully_trained_head_and_embedding_are_interpolated_by_lambda()
    {
        using LanguageModel plain = new TorchEngine().LoadModel(Plan());
        using Tensor table = plain.Embedding.clone(),
            head = table * 1.5,
            moved = table + 0.25;
        Variant(
            "seed-config",
            config => config["modules_to_save"] = new JsonArray("lm_head", "embed_tokens"),
            zero: _ => true,
            add: new()
            {
                ["base_model.model.lm_head.weight"] = head,
                ["base_model.model.model.embed_tokens.weight"] = moved,
            }
        );
        using LanguageModel half = new TorchEngine().LoadModel(
            Plan() with
            {
                Adapter = new AppliedAdapter(folder, 0.5),
            }
        );

        using DisposeScope scope = NewDisposeScope();
        Assert.InRange((half.Head.Dense() - table * 1.25).abs().max().ToDouble(), 0, 1e-6);
        Assert.InRange((half.Embedding - (table + 0.125)).abs().max().ToDouble(), 0, 1e-6);
        Assert.False(half.HeadIsTied);
        Assert.Equal(Logits(null), Logits(folder, 0));
    }

    [Fact]
    public void An_update_of_the_embedding_adds_its_columns()
    {
        using LanguageModel plain = new TorchEngine().LoadModel(Plan());
        using Tensor a = randn(4, 512),
            b = randn(64, 4),
            table = plain.Embedding.clone();
        Variant(
            "seed-config",
            config =>
                (config["target_modules"], config["r"], config["lora_alpha"]) = (new JsonArray("embed_tokens"), 4, 8),
            keep: _ => false,
            add: new()
            {
                ["base_model.model.model.embed_tokens.lora_embedding_A"] = a,
                ["base_model.model.model.embed_tokens.lora_embedding_B"] = b,
                ["base_model.model.model.embed_tokens.base_layer.weight"] = table,
            }
        );
        using LanguageModel adapted = new TorchEngine().LoadModel(Plan() with { Adapter = new AppliedAdapter(folder) });

        using DisposeScope scope = NewDisposeScope();
        Assert.InRange((adapted.Embedding - (table + b.matmul(a).t() * 2)).abs().max().ToDouble(), 0, 1e-5);
        Assert.InRange((adapted.Head.Dense() - table).abs().max().ToDouble(), 0, 0);
    }

    [Fact]
    public void Gradients_of_an_update_with_magnitudes_take_the_norms_as_constants()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = randn(7, 5),
            x = randn(3, 5),
            a = randn(2, 5),
            b = randn(7, 2),
            m = rand(7) + 0.5,
            norm = (w + b.matmul(a) * 0.7).pow(2).sum(1).sqrt();
        using Adapter adapter = new(
            a.clone().requires_grad_(),
            b.clone().requires_grad_(),
            0.7,
            magnitude: m.clone().requires_grad_()
        );
        Tensor plain = nn.functional.linear(x, w);
        (plain + adapter.Delta(x, () => plain, () => w)).pow(2).sum().backward();

        (a, b, m) = (a.requires_grad_(), b.requires_grad_(), m.requires_grad_());
        x.matmul(((w + b.matmul(a) * 0.7) * (m / norm).unsqueeze(1)).t()).pow(2).sum().backward();

        Assert.All(
            [(a, adapter.A), (b, adapter.B), (m, adapter.Magnitude!)],
            p =>
                Assert.InRange(
                    ((p.Item1.grad! - p.Item2.grad!).abs().max() / p.Item1.grad!.abs().max()).ToDouble(),
                    0,
                    1e-5
                )
        );
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "lm_head")]
    [InlineData(true, "embed_tokens")]
    public void Magnitudes_and_whole_modules_are_trained_and_read_back_as_they_were_written(bool dora, string? whole)
    {
        TrainPlan plan = new(
            Epochs: 2,
            BatchSize: 3,
            LearningRate: 5e-3,
            Rank: 2,
            Alpha: 4,
            Dora: dora,
            ModulesToSave: whole is null ? null : [whole],
            Seed: 5,
            Dropout: 0.1
        );
        TrainingExample[] examples =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(i => new TrainingExample(
                    $"e{i}",
                    [.. Enumerable.Range(0, 12).Select(t => 3 + (i * 53 + t * 17) % 500)],
                    [.. Enumerable.Range(0, 12).Select(t => t > 6)]
                )),
        ];
        List<double> losses = [];
        new TorchEngine().Train(Plan(), plan, examples, folder, s => losses.Add(s.Loss));
        Assert.True(losses[^1] < losses[0], $"{losses[0]} to {losses[^1]}");

        using (SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors")))
        {
            Assert.Equal(
                dora,
                file.Tensors.ContainsKey("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector")
            );
            Assert.Equal(whole == "lm_head", file.Tensors.ContainsKey("base_model.model.lm_head.weight"));
            Assert.Equal(
                whole == "embed_tokens",
                file.Tensors.ContainsKey("base_model.model.model.embed_tokens.weight")
            );
        }

        using LanguageModel beside = new TorchEngine().LoadModel(Plan() with { Adapter = new AppliedAdapter(folder) }),
            merged = new TorchEngine().LoadModel(Plan() with { Adapter = new AppliedAdapter(folder) });
        merged.Merge();
        using DisposeScope scope = NewDisposeScope();
        Assert.All(Values(beside).Zip(Values(merged)), l => Assert.Equal(l.First, l.Second, 1e-4));
        Assert.NotEqual(Logits(null), Logits(folder));

        string again = Path.Combine(folder, "again");
        losses.Clear();
        new TorchEngine().Train(
            Plan(),
            plan,
            examples,
            again,
            folder,
            givenOrder: true,
            s => losses.Add(s.Loss),
            default
        );
        Assert.Equal(4, losses.Count);
    }

    private static ModelSpec Plan() =>
        ModelSpec.InFolder(SharedData.Of("golden", "models", "qwen2-tied"), Dtype.F32, device: "cpu");

    private void Variant(
        string from,
        Action<JsonObject>? change = null,
        Func<string, string>? rename = null,
        Func<string, bool>? keep = null,
        Func<string, bool>? zero = null,
        Dictionary<string, Tensor>? add = null
    )
    {
        string source = SharedData.Of("golden", "lora", from);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "adapter_config.json")))!.AsObject();
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), config.ToJsonString());
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(source, "adapter_model.safetensors"));
        Dictionary<string, Tensor> tensors = file
            .Tensors.Keys.Where(k => keep?.Invoke(k) ?? true)
            .ToDictionary(
                k => rename?.Invoke(k) ?? k,
                k => zero?.Invoke(k) ?? false ? zeros_like(file.Read(k)) : file.Read(k)
            );
        SafetensorsFile.Write(
            Path.Combine(folder, "adapter_model.safetensors"),
            tensors.Concat(add ?? []).ToDictionary()
        );
    }

    private static double[] Logits(string? adapter, double lambda = 1, Action<string>? warn = null)
    {
        using LanguageModel model = new TorchEngine(warn).LoadModel(
            Plan() with
            {
                Adapter = adapter is null ? null : new AppliedAdapter(adapter, lambda),
            }
        );
        return Values(model);
    }

    private static double[] Values(LanguageModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor ids = tensor(Enumerable.Range(0, 12).Select(i => (long)(3 + i * 41 % 500)).ToArray());
        return
        [
            .. model
                .LogitsAt(model.Forward(ids, arange(12), new CausalAttention()))
                .data<float>()
                .Select(f => (double)f),
        ];
    }
}
