using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Inference;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Models on libtorch's device <c>meta</c>, whose tensors have shapes and no values. An operation that mixes
/// devices fails there, and so does every kernel that wants an address. So these tests show, without a GPU, that
/// everything is computed on the model's device, up to the place where a value is read.</summary>
[Collection("native")]
public sealed class MetaDeviceTests
{
    private static readonly int[][] Prompts =
    [
        [5, 6, 7, 8],
        [5, 6, 9],
        [5, 6, 7, 8, 10, 11],
    ];

    public static TheoryData<string, ScalarType, Quantization> Forms =>
        new(
            from family in (string[])["qwen2-tied", "qwen2-untied", "qwen3", "llama2-mha", "llama3-scaled", "mistral"]
            from form in new[]
            {
                (ScalarType.Float32, Quantization.None),
                (ScalarType.BFloat16, Quantization.None),
                (ScalarType.Float16, Quantization.None),
                (ScalarType.BFloat16, Quantization.Nf4),
                (ScalarType.Float16, Quantization.Nf4Double),
            }
            select (family, form.Item1, form.Item2)
        );

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_forward_pass_stays_on_the_models_device(string family, ScalarType dtype, Quantization quantization)
    {
        using LanguageModel model = Model(family, dtype, quantization);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Tensor ids = zeros([2, 6], ScalarType.Int64, device: META);

        Tensor hidden = model.Forward(ids, arange(6, device: META).expand(2, 6), new CausalAttention()),
            logits = model.LogitsAt(hidden.flatten(0, 1));

        Assert.Equal((DeviceType.META, ScalarType.Float32), (logits.device_type, logits.dtype));
        Assert.Equal([12, model.Config.VocabularySize], logits.shape);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Scoring_stays_on_the_models_device_until_a_value_is_read(
        string family,
        ScalarType dtype,
        Quantization quantization
    )
    {
        using LanguageModel model = Model(family, dtype, quantization);
        ScoreRequest[] requests =
        [
            .. Prompts.Select(p => new ScoreRequest(
                p,
                [
                    [3],
                    [4, 5],
                ]
            )),
        ];

        ReadsAValue(() => new Scorer(model).Score(requests, (_, _) => { }, CancellationToken.None));
        ReadsAValue(() => new Padded(model).Score(requests, (_, _) => { }, CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_generation_step_stays_on_the_models_device_until_a_value_is_read(
        string family,
        ScalarType dtype,
        Quantization quantization
    )
    {
        using LanguageModel model = Model(family, dtype, quantization);
        CompletionRequest[] requests = [.. Prompts.Select(p => new CompletionRequest(p, 4, []))];
        ReadsAValue(() => new Inference.Generator(model).Complete(requests, (_, _) => { }, CancellationToken.None));
        ReadsAValue(() => new Padded(model).Complete(requests, (_, _) => { }, CancellationToken.None));

        using IDisposable frozen = no_grad();
        using DisposeScope scope = NewDisposeScope();
        PrefixTree tree = PrefixTree.Of(Prompts, TreePass.Budget);
        TreePass.Run(model, tree.Nodes, TreePass.Budget, _ => true, _ => [0], (_, _) => { }, CancellationToken.None);
        using DecodeAttention cache = new(model.Config, model.Dtype, model.Device);
        cache.Enter([.. Prompts.Select((_, i) => (tree.EndOf(i), i == 1, 4))]);
        for (int step = 0; step < 2; step++)
        {
            long[] positions = [.. cache.Begin([1, 1, 1]).Select(p => (long)p)];
            Tensor logits = model.LogitsAt(
                model.Forward(zeros([3], ScalarType.Int64, device: META), tensor(positions, device: META), cache)
            );
            cache.End([1, 1, 1]);
            Assert.Equal((DeviceType.META, model.Config.VocabularySize), (logits.device_type, logits.shape[1]));
        }

        cache.Leave(0);
        tree.Nodes.ToList().ForEach(n => n.Free());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_training_step_stays_on_the_models_device_until_the_loss_is_read(
        string family,
        ScalarType dtype,
        Quantization quantization
    )
    {
        TrainingExample[] examples =
        [
            .. Prompts.Select((p, i) => new TrainingExample($"{i}", p, [.. p.Select((_, t) => t > 1)], null)),
        ];
        foreach ((bool checkpointing, bool dora, bool padded) in Trainings())
        {
            using LanguageModel model = Model(family, dtype, quantization);
            model.Checkpointing = checkpointing;
            model.AttachAdapter(new LoraConfig(4, 8, null, TargetPattern: "all-linear", Dora: dora), seed: 1);

            ReadsAValue(() => CompletionLoss.Backward(model, examples, tokens: 4, padded));

            Assert.All(
                model.AdapterParameters,
                p => Assert.Equal((DeviceType.META, true), (p.Value.device_type, p.Value.grad is not null))
            );
            using AdamW optimizer = new(model.AdapterParameters, weightDecay: 0.01);
            optimizer.Step(1e-3);
            ReadsAValue(() => Gradients.Norm(model));
        }
    }

    [Fact]
    public void Merging_an_adapter_stays_on_the_models_device()
    {
        using LanguageModel model = Model("qwen2-untied", ScalarType.BFloat16, Quantization.None);
        model.AttachAdapter(new LoraConfig(4, 8, null, TargetPattern: "all-linear"), seed: 1);

        model.Merge();

        Assert.All(model.Weights(), w => Assert.Equal(DeviceType.META, w.Value.device_type));
    }

    private static (bool Checkpointing, bool Dora, bool Padded)[] Trainings() =>
        [(false, false, false), (true, false, false), (false, true, false), (false, false, true)];

    private static LanguageModel Model(string family, ScalarType dtype, Quantization quantization) =>
        ModelLoader.Random(
            ModelConfig.Load(SharedData.Of("golden", "models", family)),
            META,
            dtype,
            quantization: quantization
        );

    // The only failure that is allowed: the device has no values to read.
    private static void ReadsAValue(Action work)
    {
        Exception? failure = Record.Exception(work);

        Assert.NotNull(failure);
        Assert.Matches(
            "Cannot copy out of meta tensor|cannot be called on meta tensors|_local_scalar_dense",
            failure.Message
        );
    }
}
