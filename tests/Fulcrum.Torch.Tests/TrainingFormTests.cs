using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Forms of one and the same training: types, quantised bases, optimisers, accumulation, checkpointing,
/// interruptions.</summary>
public sealed class TrainingFormTests
{
    [Theory]
    [InlineData("f32", "none", "adamw")]
    [InlineData("bf16", "none", "adamw")]
    [InlineData("f32", "nf4-double", "adamw8bit")]
    [InlineData("bf16", "nf4-double", "paged-adamw8bit")]
    public void The_loss_falls_over_twenty_steps_on_a_repeated_batch(
        string dtype,
        string quantization,
        string optimizer
    )
    {
        string output = Directory.CreateTempSubdirectory().FullName;
        List<double> losses = [];

        new TorchEngine().Train(
            Plan(dtype, quantization),
            new TrainPlan(
                Epochs: 20,
                BatchSize: 4,
                LearningRate: 2e-2,
                Seed: 1,
                Optimizer: EnumNames.Parse<OptimizerKind>(optimizer, "optimizer"),
                GradientCheckpointing: true
            ),
            Examples(4),
            output,
            s => losses.Add(s.Loss)
        );

        Assert.Equal(20, losses.Count);
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} to {losses[^1]}");
        Directory.Delete(output, recursive: true);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("nf4-double")]
    public void Eight_examples_at_once_and_one_by_one_have_the_same_gradient(string quantization)
    {
        TrainingExample[] batch = Examples(8);

        double[] together = Gradient(quantization, [batch]),
            one = Gradient(quantization, [.. batch.Select(e => new[] { e })]);

        double off = Math.Sqrt(together.Zip(one, (a, b) => (a - b) * (a - b)).Sum() / together.Sum(a => a * a));
        Assert.InRange(off, 0, 1e-5);
    }

    [Theory]
    [InlineData(900, 3)] // 900 + 12 * 60 tokens in a tree, and not 12 * 960
    [InlineData(0, 1)]
    [InlineData(4500, 0)] // one example is more than a pass takes
    public void A_shared_prefix_counts_once_towards_the_tokens_of_a_pass(int shared, int cluster)
    {
        TrainingExample[] batch =
        [
            .. Enumerable
                .Range(0, 12)
                .Select(i => new TrainingExample(
                    $"example/{i}",
                    [.. Enumerable.Repeat(7, shared), .. Enumerable.Range(0, 60).Select(t => 100 * i + t)],
                    [.. Enumerable.Range(0, shared + 60).Select(t => t >= shared + 50)],
                    $"c{cluster}"
                )),
        ];

        IReadOnlyList<TrainingExample>[] parts = [.. Training.Gradients.Parts(batch)];

        int whole = shared + batch.Length * 60;
        Assert.Equal(whole > 4096 ? batch.Length : 1, parts.Length);
        Assert.Equal(batch.Select(e => e.Id), parts.SelectMany(p => p).Select(e => e.Id));
    }

    [Theory]
    [InlineData("f32", "none")]
    [InlineData("bf16", "none")]
    [InlineData("f32", "nf4-double")]
    public void Checkpointing_changes_no_bit_of_a_gradient_with_dropout_on(string dtype, string quantization)
    {
        double[] kept = Dropped(dtype, quantization, checkpointing: false, seed: 3),
            again = Dropped(dtype, quantization, checkpointing: true, seed: 3);

        Assert.Equal(kept, again);
        Assert.NotEqual(kept, Dropped(dtype, quantization, checkpointing: true, seed: 4));
    }

    [Theory]
    [InlineData("f32", "none", "adamw")]
    [InlineData("f32", "nf4-double", "adamw8bit")]
    [InlineData("bf16", "nf4-double", "paged-adamw8bit")]
    public void A_training_that_died_between_two_checkpoints_ends_with_the_same_bytes(
        string dtype,
        string quantization,
        string optimizer
    )
    {
        TrainPlan plan = new(
            Epochs: 2,
            BatchSize: 4,
            LearningRate: 1e-2,
            Dropout: 0.1,
            Rank: 32,
            Alpha: 32,
            Schedule: Schedule.Cosine,
            WarmupSteps: 2,
            Optimizer: EnumNames.Parse<OptimizerKind>(optimizer, "optimizer"),
            Seed: 3,
            GradientCheckpointing: true,
            CheckpointEvery: 2
        );

        AssertSurvives(plan, Plan(dtype, quantization), diesAt: 5);
    }

    [Fact]
    public void Early_stopping_keeps_the_adapter_with_the_lowest_validation_loss()
    {
        string output = Directory.CreateTempSubdirectory().FullName;
        TrainPlan plan = new(
            Epochs: 30,
            BatchSize: 4,
            LearningRate: 5e-2,
            Schedule: Schedule.Constant,
            Rank: 2,
            Alpha: 4,
            Seed: 3,
            ValidationShare: 0.25,
            ValidationEvery: 2,
            EarlyStoppingPatience: 3
        );
        List<TrainingStep> steps = [];

        new TorchEngine().Train(Plan("f32", "none"), plan, Examples(16), output, steps.Add);

        double[] losses = [.. steps.Where(s => s.ValidationLoss is not null).Select(s => s.ValidationLoss!.Value)];
        Assert.True(steps.Count < 90, $"{steps.Count} steps");
        Assert.Equal(steps.Count / 2, losses.Length);
        Assert.Equal(3, losses.Length - 1 - Array.IndexOf(losses, losses.Min()));
        Assert.Equal(losses.Min(), HeldOutLoss(output, plan), 1e-5);
        Directory.Delete(output, recursive: true);
    }

    [Fact]
    public void A_validated_training_that_died_ends_with_the_same_bytes() =>
        AssertSurvives(
            new TrainPlan(
                Epochs: 6,
                BatchSize: 4,
                LearningRate: 5e-2,
                Schedule: Schedule.Constant,
                Rank: 2,
                Alpha: 4,
                Seed: 3,
                CheckpointEvery: 4,
                ValidationShare: 0.25,
                ValidationEvery: 1,
                EarlyStoppingPatience: 4
            ),
            Plan("f32", "none"),
            diesAt: 7
        );

    [Fact]
    public void A_validation_loss_that_is_no_number_ends_the_training_with_a_sentence()
    {
        string output = Directory.CreateTempSubdirectory().FullName;
        TrainPlan plan = new(
            BatchSize: 4,
            LearningRate: 1e30,
            Schedule: Schedule.Constant,
            ValidationShare: 0.25,
            ValidationEvery: 1
        );

        FulcrumException refused = Assert.Throws<FulcrumException>(() =>
            new TorchEngine().Train(Plan("f32", "none"), plan, Examples(8), output, _ => { })
        );

        Assert.Contains("the validation loss after step 1 is NaN", refused.Message);
        Directory.Delete(output, recursive: true);
    }

    [Fact]
    public void Holding_back_every_example_is_refused()
    {
        string output = Directory.CreateTempSubdirectory().FullName;

        InputException refused = Assert.Throws<InputException>(() =>
            new TorchEngine().Train(
                Plan("f32", "none"),
                new TrainPlan(ValidationShare: 0.9),
                Examples(2),
                output,
                _ => { }
            )
        );

        Assert.Equal(
            "train.validationShare is 0.9, which holds back all 2 training examples; lower it",
            refused.Message
        );
        Directory.Delete(output, recursive: true);
    }

    [Fact]
    public void Held_out_examples_and_the_others_are_all_examples_once()
    {
        TrainPlan plan = new(Seed: 5, ValidationShare: 0.2);

        (IReadOnlyList<TrainingExample> training, IReadOnlyList<TrainingExample> heldOut) = ValidationSplit.Of(
            plan,
            Examples(12)
        );

        Assert.Equal((10, 2), (training.Count, heldOut.Count));
        Assert.Equal(Examples(12).Select(e => e.Id).Order(), training.Concat(heldOut).Select(e => e.Id).Order());
        Assert.Empty(ValidationSplit.Of(plan with { ValidationShare = 0 }, Examples(3)).HeldOut);
    }

    /// <summary>The small reference model in some form.</summary>
    internal static ModelSpec Plan(string dtype, string quantization) =>
        ModelSpec.InFolder(
            SharedData.Of("golden", "models", "qwen2-tied"),
            EnumNames.Parse<Dtype>(dtype, "dtype"),
            EnumNames.Parse<Quantization>(quantization, "quantization"),
            "cpu"
        );

    /// <summary>The same with an adapter whose parts are both not 0, on every projection.</summary>
    internal static LanguageModel WithAdapter(string dtype, string quantization, double dropout = 0)
    {
        LanguageModel model = new TorchEngine().LoadModel(Plan(dtype, quantization));
        model.AttachAdapter(new LoraConfig(4, 8, null, "all-linear"), seed: 5, dropout);
        using IDisposable frozen = no_grad();
        using Generator random = new(9, CPU);
        foreach (
            (string name, Tensor value) in model.AdapterParameters.Where(p =>
                p.Name.EndsWith("lora_B", StringComparison.Ordinal)
            )
        )
        {
            using Tensor start = randn(value.shape, ScalarType.Float32, generator: random) * 0.05;
            value.copy_(start);
        }

        return model;
    }

    /// <summary>Sixteen tokens each, the last six of them trained.</summary>
    internal static TrainingExample[] Examples(int count)
    {
        RandomStream random = RandomStream.For(7, "test examples");
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new TrainingExample(
                    $"example/{i}",
                    [1, 2, 3, 4, .. Enumerable.Range(0, 12).Select(_ => random.NextInt(500))],
                    [.. Enumerable.Range(0, 16).Select(t => t >= 10)],
                    $"c{i % 2}"
                )),
        ];
    }

    /// <summary>All gradients of the adapter, one after the other.</summary>
    internal static double[] Flat(LanguageModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        return
        [
            .. model.AdapterParameters.SelectMany(p =>
                p.Value.grad!.to_type(ScalarType.Float64).flatten().data<double>().ToArray()
            ),
        ];
    }

    private static double[] Gradient(string quantization, IReadOnlyList<TrainingExample[]> parts)
    {
        using LanguageModel model = WithAdapter("f32", quantization);
        foreach (TrainingExample[] part in parts)
        {
            CompletionLoss.Backward(model, part, parts.Sum(p => p.Sum(e => e.Trained.Count(t => t))), plain: false);
        }

        return Flat(model);
    }

    private static double[] Dropped(string dtype, string quantization, bool checkpointing, int seed)
    {
        using LanguageModel model = WithAdapter(dtype, quantization, dropout: 0.3);
        foreach (Projection projection in model.Projections.Where(p => p.Adapter is not null))
        {
            projection.Adapter!.Training = true;
        }

        model.Checkpointing = checkpointing;
        manual_seed(seed);
        CompletionLoss.Backward(model, Examples(4), 24, plain: false);
        return Flat(model);
    }

    private static double HeldOutLoss(string adapter, TrainPlan plan)
    {
        using LanguageModel model = new TorchEngine().LoadModel(
            Plan("f32", "none") with
            {
                Adapter = new AppliedAdapter(adapter),
            }
        );
        IReadOnlyList<TrainingExample> heldOut = ValidationSplit.Of(plan, Examples(16)).HeldOut;
        return CompletionLoss.Sum(model, heldOut) / heldOut.Sum(e => e.Trained.Count(t => t));
    }

    // Dies as a killed process does: nothing is saved on the way out.
    private static void AssertSurvives(TrainPlan plan, ModelSpec model, int diesAt)
    {
        string whole = Directory.CreateTempSubdirectory().FullName,
            cut = Directory.CreateTempSubdirectory().FullName;
        new TorchEngine().Train(model, plan, Examples(12), whole);

        Assert.Throws<EndOfStreamException>(() =>
            new TorchEngine().Train(
                model,
                plan,
                Examples(12),
                cut,
                s =>
                {
                    if (s.Step == diesAt)
                    {
                        throw new EndOfStreamException();
                    }
                }
            )
        );
        int first = 0;
        new TorchEngine().Train(model, plan, Examples(12), cut, s => first = first == 0 ? s.Step : first);

        Assert.Equal(diesAt - diesAt % plan.CheckpointEvery!.Value + 1, first);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(whole, "adapter_model.safetensors")),
            File.ReadAllBytes(Path.Combine(cut, "adapter_model.safetensors"))
        );
        Assert.Equal(Numbers(whole), Numbers(cut));
        Directory.Delete(whole, recursive: true);
        Directory.Delete(cut, recursive: true);
    }

    // The log without its times.
    private static IEnumerable<string> Numbers(string folder) =>
        File.ReadLines(Path.Combine(folder, "train.jsonl"))
            .Select(l => System.Text.RegularExpressions.Regex.Replace(l, "\"seconds\":[^,}]*", ""));
}
