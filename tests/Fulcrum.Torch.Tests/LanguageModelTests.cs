using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

[Collection("native")]
public sealed class LanguageModelTests
{
    public static TheoryData<string> Families =>
        ["qwen2-tied", "qwen2-untied", "qwen3", "llama2-mha", "llama3-scaled", "mistral"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Logits_equal_the_reference(string name)
    {
        using TorchLanguageModel model = Load(name);
        using SafetensorsFile golden = SafetensorsFile.Open(
            SharedData.Of("golden", "models", name, "golden.safetensors")
        );

        Assert.InRange(Difference(model.Model, golden, "logits"), 0, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Greedy_tokens_equal_the_reference(string name)
    {
        using TorchLanguageModel model = Load(name);
        JsonObject row = JsonNode
            .Parse(File.ReadLines(SharedData.Of("golden", "requests", $"generate-{name}.jsonl")).First())!
            .AsObject();
        int[] expected = Ints(row["expected"]!);
        Completion? completion = null;

        model.Complete(
            [new CompletionRequest(Ints(row["prompt_ids"]!), expected.Length, [])],
            (_, c) => completion = c,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(expected, completion!.Ids);
        Assert.Equal(FinishReason.Length, completion.Finish);
    }

    [Theory]
    [InlineData("all-linear")]
    [InlineData("dora")]
    [InlineData("pattern")]
    [InlineData("rslora")]
    [InlineData("seed-config")]
    public void Attached_and_merged_adapters_equal_the_reference(string name)
    {
        string folder = SharedData.Of("golden", "lora", name);
        using TorchLanguageModel model = Load("qwen2-tied", folder);
        using SafetensorsFile golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        Assert.InRange(Difference(model.Model, golden, "logits"), 0, 1e-4);

        foreach (Projection projection in model.Model.Projections)
        {
            projection.Merge();
        }

        Assert.InRange(Difference(model.Model, golden, "merged_logits"), 0, 1e-4);
    }

    [Fact]
    public void The_real_small_model_tells_its_story()
    {
        string folder = SharedData.Of("data", "stories260k");
        using TorchLanguageModel model = (TorchLanguageModel)
            new TorchEngine().Open(ModelSpec.InFolder(folder, Dtype.F32, device: "cpu"));
        int[] tokens =
        [
            .. File.ReadAllText(Path.Combine(folder, "greedy-tokens.txt"))
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                .Select(int.Parse),
        ];
        float[] logits = MemoryMarshal
            .Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "reference-logits.f32")))
            .ToArray();
        Completion? completion = null;

        model.Complete(
            [new CompletionRequest(tokens[..1], tokens.Length - 1, [])],
            (_, c) => completion = c,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(tokens[1..], completion!.Ids);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor hidden = model.Model.Forward(
            tensor(tokens[..64].Select(t => (long)t).ToArray()),
            arange(64),
            new CausalAttention()
        );
        Assert.InRange((model.Model.LogitsAt(hidden) - tensor(logits).view(64, -1)).abs().max().ToDouble(), 0, 1e-3);
    }

    [Fact]
    public void Gradients_reach_every_adapter_through_a_pack_as_through_a_sequence()
    {
        using TorchLanguageModel model = Load("qwen2-tied", SharedData.Of("golden", "lora", "all-linear"));
        int[] ids = [.. Enumerable.Range(0, 30).Select(i => 3 + i * 41 % 500)];

        double[] plain = Gradients(model.Model, (x, at) => model.Model.Forward(x, at, new CausalAttention()), ids);
        PrefixTree tree = PrefixTree.Of([ids], longest: 7);
        double[] packed = Gradients(model.Model, (_, _) => TreePass.Forward(model.Model, tree.Nodes), ids);

        Assert.All(plain.Zip(packed), g => Assert.Equal(g.First, g.Second, 1e-3 * Math.Max(1, g.First)));
        Assert.All(plain, g => Assert.True(g > 0));
        tree.Nodes.ToList().ForEach(n => n.Free());
    }

    private static double[] Gradients(LanguageModel model, Func<Tensor, Tensor, Tensor> forward, int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor value) in model.AdapterParameters)
        {
            value.requires_grad = true;
            value.grad = null;
        }

        Tensor x = tensor(ids.Select(i => (long)i).ToArray());
        Tensor logits = model.LogitsAt(forward(x, arange(ids.Length)));
        nn.functional.cross_entropy(logits.narrow(0, 0, ids.Length - 1), x.narrow(0, 1, ids.Length - 1)).backward();
        return [.. model.AdapterParameters.Select(p => p.Value.grad!.norm().ToDouble())];
    }

    [Theory]
    [InlineData("all-linear")]
    [InlineData("dora")]
    [InlineData("pattern")]
    [InlineData("rslora")]
    [InlineData("seed-config")]
    public void An_adapter_scaled_by_zero_is_the_base_bit_for_bit(string name)
    {
        using TorchLanguageModel plain = Load("qwen2-tied"),
            zero = Load("qwen2-tied", SharedData.Of("golden", "lora", name), 0);
        ScoreRequest[] requests = Requests(5, 7);

        Assert.Equal(Scores(plain, requests), Scores(zero, requests));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Sharing_and_order_change_no_log_likelihood(string name)
    {
        using TorchLanguageModel shared = Load(name),
            plain = new(Load(name).Model, plain: true);
        ScoreRequest[] requests = Requests(24, 3);
        double[] expected = Scores(plain, requests);

        double[] together = Scores(shared, requests),
            reversed = [.. Scores(shared, [.. requests.Reverse()])];

        Assert.All(expected.Zip(together), p => Assert.Equal(p.First, p.Second, 1e-4));
        Assert.Equal(expected.Sum(), reversed.Sum(), 1e-3);
    }

    [Fact]
    public void Log_likelihoods_add_up_over_a_split_continuation()
    {
        using TorchLanguageModel model = Load("qwen3");
        int[] ids = [.. Enumerable.Range(0, 40).Select(i => 3 + i * 37 % 500)];

        double[] scores = Scores(
            model,
            [new(ids[..10], [ids[10..]]), new(ids[..10], [ids[10..25]]), new(ids[..25], [ids[25..]])]
        );

        Assert.Equal(scores[0], scores[1] + scores[2], 1e-4);
    }

    [Fact]
    public void Batched_generation_equals_one_by_one()
    {
        using TorchLanguageModel model = Load("llama3-scaled"),
            plain = new(Load("llama3-scaled").Model, plain: true);
        CompletionRequest[] requests =
        [
            .. Requests(20, 9)
                .Select(
                    (r, i) =>
                        new CompletionRequest(
                            r.Prompt,
                            3 + i % 7,
                            [2],
                            Sampling: i % 5 == 0 ? new Sampling(0.8, 20, 0.9, 1.1, i) : null
                        )
                ),
        ];

        Assert.Equal(Written(plain, requests), Written(model, requests));
    }

    [Theory]
    [InlineData(new int[0], "empty")]
    [InlineData(new[] { 512 }, "512 is outside")]
    [InlineData(new[] { -1 }, "-1 is outside")]
    public void A_prompt_that_cannot_be_computed_is_an_error(int[] prompt, string why)
    {
        using TorchLanguageModel model = Load("qwen2-tied");

        Assert.Contains(
            why,
            Assert
                .Throws<RequestException>(() =>
                    Scores(
                        model,
                        [
                            new(
                                prompt,
                                [
                                    [1],
                                ]
                            ),
                        ]
                    )
                )
                .Message
        );
        Assert.Contains(
            "context of 512",
            Assert
                .Throws<RequestException>(() =>
                    Scores(
                        model,
                        [
                            new(
                                [.. Enumerable.Repeat(5, 512)],
                                [
                                    [1, 1],
                                ]
                            ),
                        ]
                    )
                )
                .Message
        );
    }

    private static TorchLanguageModel Load(string name, string? adapter = null, double scale = 1) =>
        (TorchLanguageModel)
            new TorchEngine().Open(
                ModelSpec.InFolder(SharedData.Of("golden", "models", name), Dtype.F32, device: "cpu") with
                {
                    Adapter = adapter is null ? null : new AppliedAdapter(adapter, scale),
                }
            );

    private static double Difference(LanguageModel model, SafetensorsFile golden, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor ids = golden.Read("input_ids"),
            positions = arange(ids.shape[1]).expand(ids.shape);
        Tensor hidden = model.Forward(ids, positions, new CausalAttention());
        return (model.LogitsAt(hidden.flatten(0, 1)) - golden.Read(name, ScalarType.Float32).flatten(0, 1))
            .abs()
            .max()
            .ToDouble();
    }

    // Random requests over few beginnings, so that the tree has depth.
    private static ScoreRequest[] Requests(int count, int seed)
    {
        Random random = new(seed);
        int[] stem = [.. Enumerable.Range(0, 60).Select(_ => random.Next(3, 512))];
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ => new ScoreRequest(
                    [
                        .. stem[..random.Next(1, 60)],
                        .. Enumerable.Range(0, random.Next(0, 9)).Select(_ => random.Next(3, 512)),
                    ],
                    [
                        .. Enumerable
                            .Range(0, 3)
                            .Select(_ =>
                                Enumerable.Range(0, random.Next(0, 5)).Select(_ => random.Next(3, 512)).ToArray()
                            ),
                    ]
                )),
        ];
    }

    private static double[] Scores(TorchLanguageModel model, ScoreRequest[] requests)
    {
        double[][] scores = new double[requests.Length][];
        model.Score(
            requests,
            (i, s) => scores[i] = [.. s.Select(x => x.LogLikelihood)],
            TestContext.Current.CancellationToken
        );
        return [.. scores.SelectMany(s => s)];
    }

    private static string[] Written(TorchLanguageModel model, CompletionRequest[] requests)
    {
        string[] written = new string[requests.Length];
        model.Complete(
            requests,
            (i, c) => written[i] = $"{c.Finish} {string.Join(' ', c.Ids)}",
            TestContext.Current.CancellationToken
        );
        return written;
    }

    private static int[] Ints(JsonNode node) => [.. node.AsArray().Select(t => t!.GetValue<int>())];
}
