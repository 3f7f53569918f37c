using CsCheck;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>The token tree gives what padded batches give, on trees of every form: deep, flat, branches that are empty,
/// equal or the beginning of another, longer than a pack.</summary>
[Collection("native")]
public sealed class SharedFormTests
{
    // An alphabet of three makes long common beginnings likely.
    private static readonly Gen<int[]> Tokens = Gen.OneOf(Gen.Int[0, 2].Array[1, 9], Gen.Int[0, 2].Array[20, 45]);
    private static readonly Gen<ScoreRequest> Request = Gen.Select(
        Tokens,
        Gen.Int[0, 39].Array[0, 4].Array[1, 4],
        (prompt, continuations) => new ScoreRequest(prompt, continuations)
    );
    private static readonly Gen<(int[] Prompt, int[] Completion)> Example = Gen.Select(
        Tokens,
        Gen.Int[0, 39].Array[1, 6]
    );

    [Theory]
    [InlineData(null)]
    [InlineData(6)]
    public void Log_likelihoods_are_those_of_padded_batches(int? window)
    {
        using LanguageModel model = Model(window);

        Request
            .Array[1, 10]
            .Sample(
                requests =>
                    Assert.All(
                        Scores(new TorchLanguageModel(model, plain: true), requests)
                            .Zip(Scores(new TorchLanguageModel(model, budget: 16), requests)),
                        s =>
                        {
                            Assert.Equal(s.First.LogLikelihood, s.Second.LogLikelihood, 1e-4);
                            Assert.Equal(s.First.Tokens, s.Second.Tokens);
                        }
                    ),
                iter: 25,
                threads: 1
            );
    }

    [Theory]
    [InlineData(null, 4, 3)] // by the library's attention
    [InlineData(6, 4, 3)]
    [InlineData(null, 8, 3)] // row by row
    [InlineData(6, 8, 3)]
    [InlineData(null, 8, 10)] // with nodes that more share than are read alone
    [InlineData(6, 8, 10)]
    [InlineData(null, 32, 10)] // with shared nodes in blocks of rows, where the processor has AVX-512
    public void Generated_tokens_are_those_of_padded_batches_however_many_run_at_once(
        int? window,
        int headSize,
        int together
    )
    {
        using LanguageModel model = Model(window, headSize);

        Gen.Select(Tokens, Gen.Int[0, 12])
            .Array[1, 10]
            .Sample(
                prompts =>
                {
                    CompletionRequest[] requests =
                    [
                        .. prompts.Select(p => new CompletionRequest(p.Item1, p.Item2, [7])),
                    ];
                    Completion[] padded = Completions(new TorchLanguageModel(model, plain: true), requests),
                        shared = Completions(new TorchLanguageModel(model, budget: 16, together: together), requests);
                    Assert.All(padded.Zip(shared), c => AssertSame(c.First, c.Second));
                },
                iter: 20,
                threads: 1
            );
    }

    [Theory]
    [InlineData(null)]
    [InlineData(6)]
    public void Gradients_are_those_of_padded_batches(int? window)
    {
        using LanguageModel model = Model(window);
        model.AttachAdapter(new LoraConfig(2, 4, ["q_proj", "k_proj", "v_proj", "o_proj", "down_proj"]), seed: 5);
        foreach (
            (string name, Tensor value) in model.AdapterParameters.Where(p =>
                p.Name.EndsWith("lora_B", StringComparison.Ordinal)
            )
        )
        {
            using IDisposable frozen = no_grad();
            value.normal_(0, 0.1);
        }

        Example
            .Array[1, 8]
            .Sample(
                pairs =>
                {
                    TrainingExample[] examples =
                    [
                        .. pairs.Select(
                            (p, i) =>
                                new TrainingExample(
                                    $"{i}",
                                    [.. p.Prompt, .. p.Completion],
                                    [.. p.Prompt.Select(_ => false), .. p.Completion.Select(_ => true)]
                                )
                        ),
                    ];
                    (double loss, double[] gradients) = Gradients(model, examples, plain: true);
                    (double sharedLoss, double[] sharedGradients) = Gradients(model, examples, plain: false);
                    Assert.Equal(loss, sharedLoss, 1e-4 * Math.Max(1, loss));
                    Assert.All(
                        gradients.Zip(sharedGradients),
                        g => Assert.Equal(g.First, g.Second, 1e-5 + 1e-3 * Math.Abs(g.First))
                    );
                },
                iter: 15,
                threads: 1
            );
    }

    [Theory]
    [InlineData(300, 300, true, false)]
    [InlineData(20, 70, false, true)]
    [InlineData(7, 300, false, false)]
    public void The_librarys_attention_and_the_plain_one_agree_forward_and_backward(
        int rows,
        int keys,
        bool causal,
        bool masked
    )
    {
        Assert.SkipUnless(
            LibtorchOperations.HasAttention,
            "this libtorch exports no attention kernel, so there is only the plain one"
        );
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        manual_seed(3);
        Tensor query = randn(rows, 2, 7, 16).permute(1, 2, 0, 3),
            key = randn(keys, 2, 16).transpose(0, 1).unsqueeze(1),
            value = randn(keys, 2, 16).transpose(0, 1).unsqueeze(1),
            gradient = randn(2, 7, rows, 16);
        Tensor? mask = masked ? full([1, 1, rows, keys], float.NegativeInfinity).triu_(5) : null;

        (Tensor output, Tensor sum) = PartialAttention.Forward(query, key, value, mask, causal);
        (Tensor Output, Tensor LogSum) plain = PartialAttention.Forward(query, key, value, mask, causal, plain: true);
        (Tensor q, Tensor k, Tensor v) = PartialAttention.Backward(
            gradient,
            query,
            key,
            value,
            output,
            sum,
            mask,
            causal
        );
        (Tensor Query, Tensor Key, Tensor Value) slow = PartialAttention.Backward(
            gradient,
            query,
            key,
            value,
            output,
            sum,
            mask,
            causal,
            plain: true
        );

        (Tensor, Tensor)[] pairs =
        [
            (output, plain.Output),
            (sum, plain.LogSum),
            (q, slow.Query),
            (k, slow.Key),
            (v, slow.Value),
        ];
        Assert.All(pairs, p => Assert.InRange((p.Item1 - p.Item2).abs().max().ToDouble(), 0, 1e-4));
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        using LanguageModel model = Model(null);
        model.AttachAdapter(new LoraConfig(2, 4, ["q_proj", "v_proj"]), seed: 5);
        TrainingExample[] examples =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => new TrainingExample($"{i}", [1, 2, 3, i, 5], [false, false, false, true, true])),
        ];
        CompletionLoss.Backward(model, examples, 8, plain: false);
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        for (int step = 0; step < 3; step++)
        {
            CompletionLoss.Backward(model, examples, 8, plain: false);
        }

        Assert.InRange(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before, long.MinValue, 8);
    }

    private static LanguageModel Model(int? window, int headSize = 4) =>
        ModelLoader.Random(
            new ModelConfig(
                "mistral",
                40,
                16,
                24,
                2,
                4,
                2,
                headSize,
                64,
                1e-5,
                new RotaryConfig(10000),
                false,
                false,
                false,
                false,
                false,
                [window, null]
            ),
            CPU,
            ScalarType.Float32,
            seed: 1
        );

    private static ContinuationScore[] Scores(TorchLanguageModel model, ScoreRequest[] requests)
    {
        ContinuationScore[][] scores = new ContinuationScore[requests.Length][];
        model.Score(requests, (i, s) => scores[i] = [.. s]);
        return [.. scores.SelectMany(s => s)];
    }

    private static Completion[] Completions(TorchLanguageModel model, CompletionRequest[] requests)
    {
        Completion[] completions = new Completion[requests.Length];
        model.Complete(requests, (i, c) => completions[i] = c);
        return completions;
    }

    // Where the two best logits are all but equal either may win, and what follows differs rightly.
    private static void AssertSame(Completion expected, Completion actual)
    {
        for (int i = 0; i < expected.Ids.Count; i++)
        {
            Assert.Equal(expected.LogLikelihoods[i], actual.LogLikelihoods[i], 1e-4);
            if (expected.Ids[i] != actual.Ids[i])
            {
                return;
            }
        }

        Assert.Equal((expected.Ids.Count, expected.Finish), (actual.Ids.Count, actual.Finish));
    }

    private static (double Loss, double[] Gradients) Gradients(
        LanguageModel model,
        TrainingExample[] examples,
        bool plain
    )
    {
        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor value) in model.AdapterParameters)
        {
            value.grad?.zero_();
        }

        double loss = CompletionLoss.Backward(model, examples, 10, plain);
        return (
            loss,
            [
                .. model.AdapterParameters.SelectMany(p =>
                    p.Value.grad!.flatten().data<float>().ToArray().Select(g => (double)g)
                ),
            ]
        );
    }
}
