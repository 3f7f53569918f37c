using CsCheck;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>What must change no answer, over decoders of random shape (heads, biases, windows, rotary scaling) with
/// random weights.</summary>
[Collection("native")]
public sealed class InvarianceTests
{
    private const int Vocabulary = 64;

    private static readonly Gen<ModelConfig> Configs = Gen.Select(
        Gen.Int[1, 3],
        Gen.Int[1, 3],
        Gen.Int[1, 2],
        Gen.Int[1, 3].Select(i => 4 * i),
        Gen.Int[0, 31],
        Gen.Int[0, 3].Select(i => i * i),
        (layers, kv, group, dim, flags, window) =>
            new ModelConfig(
                "llama",
                Vocabulary,
                24,
                40,
                layers,
                kv * group,
                kv,
                dim,
                128,
                1e-5,
                flags % 4 == 3 ? new RotaryConfig(500, "llama3", 4, 1, 4, 16)
                    : flags % 4 == 2 ? new RotaryConfig(10000, "linear", 3)
                    : new RotaryConfig(10000),
                QkvBias: flags % 2 == 1,
                OutputBias: flags % 3 == 1,
                MlpBias: flags % 5 == 1,
                HeadNorms: flags > 15,
                TiedHead: flags % 7 > 3,
                [.. Enumerable.Range(0, layers).Select(i => window == 0 || i % 2 == 1 ? (int?)null : window)]
            )
    );

    private static readonly Gen<int[]> Stem = Gen.Int[0, Vocabulary - 1].Array[30];

    // Prompts that share beginnings of one stem, so that the tree has depth.
    private static readonly Gen<(int[] Prompt, int[] Continuation)[]> Texts = Gen.Select(
        Stem,
        Gen.Select(
            Gen.Int[1, 30],
            Gen.Int[0, Vocabulary - 1].Array[0, 6],
            Gen.Int[0, Vocabulary - 1].Array[1, 8]
        ).Array[1, 6],
        (stem, texts) => texts.Select(t => ((int[])[.. stem[..t.Item1], .. t.Item2], t.Item3)).ToArray()
    );

    [Fact]
    public void Budget_order_company_and_threads_change_no_log_likelihood() =>
        Gen.Select(Configs, Texts, Gen.Int[1, 40], Gen.Int[1, 2])
            .Sample(
                (config, texts, budget, threads) =>
                {
                    using LanguageModel model = Random(config);
                    ScoreRequest[] requests = [.. texts.Select(t => new ScoreRequest(t.Prompt, [t.Continuation]))];
                    double[] plain = [.. texts.Select(t => Plain(model, t.Prompt, t.Continuation))];

                    WithThreads(
                        threads,
                        () =>
                        {
                            Assert.All(plain.Zip(Scores(new TorchLanguageModel(model), requests)), Close);
                            Assert.All(
                                plain.Zip(
                                    Scores(new TorchLanguageModel(model, budget: budget), [.. requests.Reverse()])
                                        .Reverse()
                                ),
                                Close
                            );
                            Assert.All(
                                plain.Zip(
                                    requests.SelectMany(r => Scores(new TorchLanguageModel(model, plain: true), [r]))
                                ),
                                Close
                            );
                        }
                    );
                },
                iter: 10,
                threads: 1
            );

    [Fact]
    public void Budget_order_company_and_threads_change_no_greedy_token() =>
        Gen.Select(Configs, Texts, Gen.Int[1, 40], Gen.Int[1, 4], Gen.Int[1, 2])
            .Sample(
                (config, texts, budget, together, threads) =>
                {
                    using LanguageModel model = Random(config);
                    CompletionRequest[] requests =
                    [
                        .. texts.Select((t, i) => new CompletionRequest(t.Prompt, 1 + i % 5, [])),
                    ];
                    int[][] alone = [.. requests.Select(r => Written(new TorchLanguageModel(model), [r])[0])];

                    WithThreads(
                        threads,
                        () =>
                        {
                            int[][] batched =
                            [
                                .. Written(
                                        new TorchLanguageModel(model, budget: budget, together: together),
                                        [.. requests.Reverse()]
                                    )
                                    .Reverse(),
                            ];
                            Assert.All(
                                Enumerable.Range(0, requests.Length),
                                i => Same(model, requests[i].Prompt, alone[i], batched[i])
                            );
                        }
                    );
                },
                iter: 10,
                threads: 1
            );

    [Fact]
    public void Merged_adapter_answers_like_an_attached_one() =>
        Gen.Select(Configs, Texts, Gen.Double[0.1, 2])
            .Sample(
                (config, texts, lambda) =>
                {
                    using LanguageModel plain = Random(config),
                        beside = Random(config),
                        merged = Random(config);
                    ScoreRequest[] requests = [.. texts.Select(t => new ScoreRequest(t.Prompt, [t.Continuation]))];
                    Adapt(beside, lambda);
                    Adapt(merged, lambda);
                    merged.Merge();

                    double[] expected = Scores(new TorchLanguageModel(beside), requests);
                    Assert.All(expected.Zip(Scores(new TorchLanguageModel(merged), requests)), Close);
                    Assert.NotEqual(Scores(new TorchLanguageModel(plain), requests), expected);
                },
                iter: 8,
                threads: 1
            );

    [Fact]
    public void Log_likelihoods_add_up_wherever_a_continuation_is_split() =>
        Gen.Select(Configs, Stem, Gen.Int[1, 28], Gen.Int[1, 28])
            .Sample(
                (config, ids, a, b) =>
                {
                    (int first, int second) = (Math.Min(a, b), Math.Max(a, b) + 1);
                    using LanguageModel model = Random(config);

                    double[] scores = Scores(
                        new TorchLanguageModel(model),
                        [
                            new(ids[..first], [ids[first..]]),
                            new(ids[..first], [ids[first..second]]),
                            new(ids[..second], [ids[second..]]),
                        ]
                    );

                    Assert.Equal(scores[0], scores[1] + scores[2], 1e-4);
                },
                iter: 10,
                threads: 1
            );

    private static LanguageModel Random(ModelConfig config)
    {
        LanguageModel model = ModelLoader.Random(config, CPU, ScalarType.Float32, seed: 3);
        using IDisposable frozen = no_grad();
        foreach (Projection p in model.Projections.Where(p => p.Weight is not null))
        {
            p.Weight!.mul_(12); // far from uniform: small weights would hide what differs
        }

        return model;
    }

    private static void Adapt(LanguageModel model, double lambda)
    {
        using torch.Generator random = new(5, CPU);
        foreach (Projection p in model.Projections.Where(p => p != model.Head))
        {
            p.Attach(
                new Adapter(
                    randn([2, p.In], generator: random),
                    randn([p.Out, 2], generator: random) * 0.3,
                    0.5,
                    lambda
                )
            );
        }
    }

    private static void Close((double First, double Second) p) => Assert.Equal(p.First, p.Second, 1e-4);

    // Two texts may part where the two most likely tokens are less than 1e-4 apart, and nowhere else.
    private static void Same(LanguageModel model, int[] prompt, int[] one, int[] other)
    {
        Assert.Equal(one.Length, other.Length);
        int parts = Enumerable.Range(0, one.Length).FirstOrDefault(i => one[i] != other[i], -1);
        if (parts < 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor logits = Logits(model, [.. prompt, .. one[..parts]])[-1];
        Assert.InRange(Math.Abs((logits[one[parts]] - logits[other[parts]]).ToDouble()), 0, 1e-4);
    }

    private static double Plain(LanguageModel model, int[] prompt, int[] continuation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor likely = nn.functional.log_softmax(Logits(model, [.. prompt, .. continuation]), -1);
        return continuation.Select((t, i) => (double)likely[prompt.Length - 1 + i, t].ToSingle()).Sum();
    }

    private static Tensor Logits(LanguageModel model, int[] ids)
    {
        using IDisposable frozen = no_grad();
        return model.LogitsAt(
            model.Forward(tensor(ids.Select(i => (long)i).ToArray()), arange(ids.Length), new CausalAttention())
        );
    }

    private static double[] Scores(TorchLanguageModel model, ScoreRequest[] requests)
    {
        double[] scores = new double[requests.Length];
        model.Score(requests, (i, s) => scores[i] = s[0].LogLikelihood, TestContext.Current.CancellationToken);
        return scores;
    }

    private static int[][] Written(TorchLanguageModel model, CompletionRequest[] requests)
    {
        int[][] written = new int[requests.Length][];
        model.Complete(requests, (i, c) => written[i] = [.. c.Ids], TestContext.Current.CancellationToken);
        return written;
    }

    private static void WithThreads(int threads, Action action)
    {
        int before = get_num_threads();
        set_num_threads(threads);
        try
        {
            action();
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
