using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tokenization;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Drafts change the time of greedy decoding and nothing else: the same tokens, log-probabilities and reasons
/// to finish, bit for bit.</summary>
[Collection("native")]
public sealed class DraftTests
{
    private const int Vocabulary = 61;

    [Theory]
    [InlineData(1, null, ScalarType.Float32)]
    [InlineData(3, null, ScalarType.Float32)]
    [InlineData(12, null, ScalarType.Float32)] // prefixes that more than four share
    [InlineData(20, null, ScalarType.Float32)]
    [InlineData(40, null, ScalarType.Float32)] // more than are decoded in one small batch
    [InlineData(3, 6, ScalarType.Float32)]
    [InlineData(5, 6, ScalarType.Float32)]
    [InlineData(1, null, ScalarType.BFloat16)]
    [InlineData(3, 6, ScalarType.BFloat16)] // a sliding window
    public void Completions_are_those_without_drafts(int count, int? window, ScalarType type)
    {
        using LanguageModel model = Model(window, type);

        AssertSame(model, Requests(count));
    }

    [Fact]
    public void Completions_of_an_8_bit_model_are_those_without_drafts()
    {
        using LanguageModel model = ModelLoader.Random(Config(null), CPU, ScalarType.Float32, seed: 2, int8: true);

        AssertSame(model, Requests(4));
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Completions_of_a_model_with_an_adapter_are_those_without_drafts(ScalarType type)
    {
        using LanguageModel model = Model(null, type);
        Adapt(model);

        AssertSame(model, Requests(3));
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Completions_of_an_NF4_model_with_a_merged_adapter_are_those_without_drafts(ScalarType type)
    {
        ModelConfig config = Config(null) with { IntermediateSize = 104 }; // no multiple of the lanes of libtorch
        using LanguageModel model = ModelLoader.Random(config, CPU, type, seed: 2, Quantization.Nf4);
        Adapt(model);
        foreach (Projection p in model.Projections)
        {
            p.Merge();
        }

        AssertSame(model, Requests(4));
    }

    [Theory]
    [InlineData(Dtype.F32, 6)]
    [InlineData(Dtype.Bf16, 4)] // no more readers of a prefix: no blocks in bfloat16
    public void Completions_of_the_embedded_model_for_questions_and_queries_are_those_without_drafts(
        Dtype dtype,
        int count
    )
    {
        string folder = Path.Combine(SharedData.Project, "assets", "model");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        using TorchLanguageModel model = (TorchLanguageModel)
            new TorchEngine().Open(ModelSpec.InFolder(folder, dtype, device: "cpu"));
        string dev = Path.Combine(SharedData.Project, "assets", "spider", "dev.json");
        string[] solved =
        [
            .. JsonNode
                .Parse(File.ReadAllText(dev))!
                .AsArray()
                .Take(9)
                .Select(item => $"{item!["question"]} {item["query"]}\n"),
        ];

        AssertSame(
            model.Model,
            [
                .. solved
                    .Skip(3)
                    .Take(count)
                    .Select(last => string.Concat(solved[..3]) + last[..(last.IndexOf('?') + 1)])
                    .Select(text => new CompletionRequest([.. tokenizer.Encode(text)], 48, [])),
            ]
        );
    }

    [Fact]
    public void A_model_whose_rows_depend_on_each_other_takes_no_drafts()
    {
        ModelConfig config = Config(null);
        using LanguageModel quantised = ModelLoader.Random(
                config,
                CPU,
                ScalarType.Float32,
                seed: 2,
                quantization: Quantization.Nf4Double
            ),
            narrow = ModelLoader.Random(config with { HiddenSize = 60 }, CPU, ScalarType.Float32, seed: 2);

        Assert.Equal((1, 1), (quantised.IndependentRows, narrow.IndependentRows));
        Assert.Equal(default, Written(new TorchLanguageModel(quantised), Requests(2)).Drafts);
    }

    [Fact]
    public void Sequences_that_wait_enter_as_without_drafts()
    {
        using LanguageModel model = Model(null, ScalarType.Float32);

        AssertSame(model, Requests(20), together: 3);
    }

    // End tokens, a stop condition, limits and sampled sequences among the greedy ones.
    private static CompletionRequest[] Requests(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new CompletionRequest(
                    [.. Enumerable.Range(0, 12 + i % 3).Select(p => (7 * p * p) % 17), i % 5, 3, i % 2],
                    40 + i % 7 - 20 * (i % 4 / 3),
                    i % 3 == 1 ? [11] : [],
                    i % 4 == 2 ? ids => ids.Count > 3 && ids[^1] == ids[^3] && ids.Count % 5 == 0 : null,
                    i % 6 == 5 ? new Sampling(0.8, 20, 0.9, 1.1, i) : null
                )),
        ];

    private static void AssertSame(LanguageModel model, CompletionRequest[] requests, int together = 64)
    {
        (Completion[] expected, DraftCounts none) = Written(
            new TorchLanguageModel(model, together: together, drafts: false),
            requests
        );
        (Completion[] actual, DraftCounts drafts) = Written(
            new TorchLanguageModel(model, together: together),
            requests
        );

        Assert.Equal(default, none);
        Assert.All(
            expected.Zip(actual),
            p =>
            {
                Assert.Equal(p.First.Ids, p.Second.Ids);
                Assert.Equal(p.First.LogLikelihoods, p.Second.LogLikelihoods);
                Assert.Equal(p.First.Finish, p.Second.Finish);
            }
        );
        Assert.True(model.IndependentRows <= 2 || drafts.Accepted > 0, $"{drafts}, rows {model.IndependentRows}");
    }

    private static (Completion[] Completions, DraftCounts Drafts) Written(
        TorchLanguageModel model,
        CompletionRequest[] requests
    )
    {
        Completion[] completions = new Completion[requests.Length];
        model.Complete(requests, (i, c) => completions[i] = c, TestContext.Current.CancellationToken);
        return (completions, model.Drafts);
    }

    private static LanguageModel Model(int? window, ScalarType type)
    {
        LanguageModel model = ModelLoader.Random(Config(window), CPU, type, seed: 2);
        using IDisposable frozen = no_grad();
        foreach (Projection p in model.Projections)
        {
            p.Weight!.mul_(6); // far from uniform
        }

        return model;
    }

    private static ModelConfig Config(int? window) =>
        new(
            "mistral",
            Vocabulary,
            64,
            96,
            2,
            4,
            2,
            32,
            256,
            1e-5,
            new RotaryConfig(10000),
            QkvBias: true,
            OutputBias: false,
            MlpBias: false,
            HeadNorms: false,
            TiedHead: false,
            [window, null]
        );

    private static void Adapt(LanguageModel model)
    {
        using torch.Generator random = new(5, CPU);
        foreach (Projection p in model.Projections.Where(p => p != model.Head))
        {
            p.Attach(new Adapter(randn([3, p.In], generator: random), randn([p.Out, 3], generator: random) * 0.1, 0.5));
        }
    }
}
