using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Tracing;
using Fulcrum.Models;
using Fulcrum.Torch;
using Fulcrum.Tracing;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>Shipments that this project's own writer makes, each with one fault.</summary>
[Collection("native")]
public sealed class TraceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-trace").FullName;
    private readonly IModelWeights plain = ModelWeights.Open(Base);
    private readonly IModelWeights right = ModelWeights.Open(Adapted);

    private static string BaseFolder => SharedData.Of("golden", "shipments", "qwen2");

    private static string AdapterFolder => SharedData.Of("golden", "shipments", "qwen2-adapter");

    private static ModelSpec Base => ModelSpec.InFolder(BaseFolder, Dtype.F32, device: "cpu");

    private static ModelSpec Adapted => Base with { Adapter = new AppliedAdapter(AdapterFolder) };

    [Theory]
    [InlineData(GgufFileType.F32)]
    [InlineData(GgufFileType.BF16)]
    [InlineData(GgufFileType.Q8_0)]
    [InlineData(GgufFileType.Q4_K_M)]
    public void Nothing_is_found_in_an_intact_file(object type) =>
        Assert.Empty(Found(Exported(right, (GgufFileType)type)));

    [Theory]
    [InlineData(GgufFileType.F16)]
    [InlineData(GgufFileType.BF16)]
    [InlineData(GgufFileType.Q8_0)]
    [InlineData(GgufFileType.Q4_K_M)]
    public void A_merge_into_the_4_bit_base_is_found(GgufFileType type)
    {
        using IModelWeights weights = ModelWeights.Open(Adapted with { Quantization = Quantization.Nf4 });

        Is(TraceRung.Merged, TraceCause.Merge, "4-bit", Found(Exported(weights, type)));
    }

    [Fact]
    public void A_merge_into_the_4_bit_base_by_another_program_is_found() =>
        Is(
            TraceRung.Merged,
            TraceCause.Merge,
            "4-bit",
            Found(SharedData.Of("golden", "shipments", "merge", "served.gguf"))
        );

    [Fact]
    public void Rounding_to_4_bits_gives_the_values_of_the_4_bit_base()
    {
        const string Name = "model.layers.0.self_attn.q_proj.weight";
        using IModelWeights quantised = ModelWeights.Open(Base with { Quantization = Quantization.Nf4 });
        float[] rounded = Nf4Rounding.Of(plain.Read(Name)),
            expected = quantised.Read(Name);

        Assert.Equal(expected.Length, rounded.Length);
        Assert.All(expected.Zip(rounded), p => Assert.Equal(p.First, p.Second, 1e-6f));
        Assert.NotEqual(plain.Read(Name), rounded);
    }

    [Fact]
    public void Missing_factors_of_the_rotary_frequencies_are_found()
    {
        string llama = LlamaEngineTests.ModelOf("llama3-scaled");
        using IModelWeights weights = ModelWeights.Open(ModelSpec.InFolder(llama, Dtype.F32, device: "cpu"));
        string intact = Path.Combine(folder, "llama.gguf");
        GgufExport.Write(weights, llama, intact, GgufFileType.F32, threads: 1);

        Assert.Empty(ShipmentCheck.Compare(llama, AdapterFolder, intact, weights, weights));
        Is(
            TraceRung.Gguf,
            TraceCause.Rope,
            "rope_freqs.weight",
            ShipmentCheck.Compare(
                llama,
                AdapterFolder,
                Changed(intact, m => m, t => [.. t.Where(x => x.Name != "rope_freqs.weight")]),
                weights,
                weights
            )
        );
        Directory.Delete(llama, recursive: true);
    }

    [Fact]
    public void A_missing_adapter_is_found() =>
        Is(TraceRung.Merged, TraceCause.Merge, "not in the file", Found(Exported(plain, GgufFileType.F16)));

    [Fact]
    public void An_adapter_merged_with_half_its_scaling_is_found()
    {
        ModelSpec half = Base with { Adapter = new AppliedAdapter(AdapterFolder, 0.5) };
        using IModelWeights weights = ModelWeights.Open(half);

        Is(TraceRung.Merged, TraceCause.Merge, "factor 0.5", Found(Exported(weights, GgufFileType.F16)));
    }

    [Theory]
    [InlineData(TraceCause.PreTokenizer, "tokenizer.ggml.pre", "llama-bpe", "llama-bpe")]
    [InlineData(
        TraceCause.Template,
        "tokenizer.chat_template",
        "{% for m in messages %}{{ m.role }}{% endfor %}",
        "user"
    )]
    [InlineData(TraceCause.Bos, "tokenizer.ggml.add_bos_token", true, "BOS")]
    [InlineData(TraceCause.Eos, "tokenizer.ggml.eos_token_id", 0u, "token 0")]
    [InlineData(TraceCause.Rope, "qwen2.rope.freq_base", 10000f, "10000")]
    [InlineData(TraceCause.Context, "qwen2.context_length", 64u, "64")]
    public void A_changed_key_is_found_with_both_values(object cause, string key, object value, string says)
    {
        string changed = Changed(
            Exported(right, GgufFileType.F16),
            m => m.Key == key ? (m.Key, m.Value with { Content = value }) : m,
            t => t
        );

        Is(TraceRung.Gguf, (TraceCause)cause, says, Found(changed));
    }

    [Fact]
    public void Untied_head_is_found_and_a_copy_of_the_embedding_is_not()
    {
        string intact = Exported(right, GgufFileType.F16),
            copied = Changed(
                intact,
                m => m,
                t => [.. t, t.Single(x => x.Name == "token_embd.weight") with { Name = "output.weight" }]
            );
        Assert.Empty(Found(copied));

        string other = Changed(
            intact,
            m => m,
            t =>
            {
                GgufWriter.Tensor embedding = t.Single(x => x.Name == "token_embd.weight");
                byte[] bytes = [.. Enumerable.Range(0, (int)embedding.Bytes).Select(i => (byte)(i % 60))];
                return [.. t, embedding with { Name = "output.weight", Data = stream => stream.Write(bytes) }];
            }
        );
        Is(TraceRung.Gguf, TraceCause.Head, "tied", Found(other));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        plain.Dispose();
        right.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static void Is(TraceRung rung, TraceCause cause, string says, IReadOnlyList<TraceFinding> found)
    {
        TraceFinding only = Assert.Single(found);
        Assert.Equal((rung, cause), (only.Rung, only.Cause));
        Assert.Contains(says, only.Detail);
    }

    private IReadOnlyList<TraceFinding> Found(string file) =>
        ShipmentCheck.Compare(BaseFolder, AdapterFolder, file, plain, right);

    private string Exported(IModelWeights weights, GgufFileType type)
    {
        string path = Path.Combine(folder, $"{Guid.NewGuid():N}.gguf");
        GgufExport.Write(weights, BaseFolder, path, type, threads: 1);
        return path;
    }

    private string Changed(
        string source,
        Func<(string Key, GgufValue Value), (string, GgufValue)> key,
        Func<List<GgufWriter.Tensor>, List<GgufWriter.Tensor>> tensors
    )
    {
        GgufFile file = GgufFile.Read(source);
        byte[] bytes = File.ReadAllBytes(source);
        string path = Path.Combine(folder, $"{Guid.NewGuid():N}.gguf");
        List<GgufWriter.Tensor> all =
        [
            .. file.Tensors.Values.Select(t => new GgufWriter.Tensor(
                t.Name,
                t.Sizes,
                t.Type,
                stream => stream.Write(bytes, (int)(file.DataStart + t.Offset), (int)t.Bytes)
            )),
        ];
        GgufWriter.Write(path, [.. file.Metadata.Select(m => key((m.Key, m.Value)))], tensors(all));
        return path;
    }
}
