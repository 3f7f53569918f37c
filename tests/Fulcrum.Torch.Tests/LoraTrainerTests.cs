using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class LoraTrainerTests
{
    private static readonly TrainPlan Golden = new(
        LearningRate: 5e-3,
        WeightDecay: 0.01,
        WarmupSteps: 4,
        MaxGradientNorm: null
    );

    [Fact]
    public void Every_step_has_the_loss_and_gradient_norm_of_the_reference()
    {
        JsonNode training = JsonNode.Parse(File.ReadAllText(SharedData.Of("golden", "training", "training.json")))!;
        string output = Directory.CreateTempSubdirectory().FullName;
        List<TrainingStep> steps = [];

        new TorchEngine().Train(
            Model(),
            Golden,
            InOrder(training),
            output,
            SharedData.Of("golden", "training", "initial"),
            true,
            steps.Add,
            default
        );

        JsonArray log = training["log"]!.AsArray();
        Assert.Equal(log.Count, steps.Count);
        for (int i = 0; i < steps.Count; i++)
        {
            double loss = (double)log[i]!["loss"]!,
                norm = (double)log[i]!["grad_norm"]!;
            Assert.InRange(Math.Abs(steps[i].Loss - loss) / loss, 0, i == 0 ? 1e-4 : 1e-3);
            Assert.InRange(Math.Abs(steps[i].GradNorm - norm) / norm, 0, i == 0 ? 1e-4 : 1e-2);
            Assert.Equal((double)log[i]!["lr"]!, steps[i].LearningRate, 1e-9);
        }

        Directory.Delete(output, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_gradients_are_those_of_the_reference_shared_or_plain(bool plain)
    {
        JsonNode training = JsonNode.Parse(File.ReadAllText(SharedData.Of("golden", "training", "training.json")))!;
        TrainingExample[] batch = InOrder(training)[..8];
        using LanguageModel model = new TorchEngine().LoadModel(Model());
        AdapterContents initial = AdapterReader.Read(
            SharedData.Of("golden", "training", "initial"),
            model.Shapes,
            train: true
        );
        model.Attach(initial, 1, train: true);

        CompletionLoss.Backward(model, batch, batch.Sum(e => e.Trained.Count(t => t)), plain);

        using SafetensorsFile expected = SafetensorsFile.Open(
            SharedData.Of("golden", "training", "first_step_gradients.safetensors")
        );
        int compared = 0;
        foreach ((string name, Tensor value) in model.AdapterParameters)
        {
            string key = expected.Tensors.Keys.Single(k => k.Contains(name, StringComparison.Ordinal));
            using Tensor off = (value.grad! - expected.Read(key)).abs().max();
            Assert.InRange(off.ToDouble(), 0, 1e-4);
            compared++;
        }

        Assert.Equal(expected.Tensors.Count, compared);
    }

    [Fact]
    public void A_training_that_was_cut_off_ends_with_the_same_bytes()
    {
        TrainingExample[] examples = Examples(12);
        TrainPlan plan = new(Epochs: 2, BatchSize: 4, LearningRate: 1e-2, Dropout: 0.1, Rank: 2, Alpha: 4, Seed: 3);
        string whole = Directory.CreateTempSubdirectory().FullName,
            cut = Directory.CreateTempSubdirectory().FullName;
        new TorchEngine().Train(Model(), plan, examples, whole);

        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new TorchEngine().Train(
                Model(),
                plan,
                examples,
                cut,
                s =>
                {
                    if (s.Step == 2)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            )
        );
        new TorchEngine().Train(Model(), plan, examples, cut);

        Assert.Equal(
            File.ReadAllBytes(Path.Combine(whole, "adapter_model.safetensors")),
            File.ReadAllBytes(Path.Combine(cut, "adapter_model.safetensors"))
        );
        Assert.Equal(6, File.ReadLines(Path.Combine(cut, "train.jsonl")).Count());
    }

    [Fact]
    public void The_loss_falls_on_a_repeated_batch()
    {
        List<double> losses = [];
        string output = Directory.CreateTempSubdirectory().FullName;

        new TorchEngine().Train(
            Model(),
            new TrainPlan(Epochs: 20, BatchSize: 4, LearningRate: 2e-2, Seed: 1),
            Examples(4),
            output,
            s => losses.Add(s.Loss)
        );

        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void A_completion_beyond_the_limit_is_an_error_that_names_the_example()
    {
        InputException refused = Assert.Throws<InputException>(() =>
            new TorchEngine().Train(
                Model(),
                new TrainPlan(MaxTokens: 10),
                Examples(2),
                Path.GetTempPath() + Path.GetRandomFileName()
            )
        );

        Assert.Contains("example/0", refused.Message);
    }

    private static ModelSpec Model() =>
        ModelSpec.InFolder(SharedData.Of("golden", "models", "qwen2-tied"), Dtype.F32, device: "cpu");

    private static TrainingExample[] InOrder(JsonNode training)
    {
        JsonArray examples = training["examples"]!.AsArray();
        return
        [
            .. training["log"]!
                .AsArray()
                .SelectMany(s => s!["examples"]!.AsArray())
                .Select(i => Example(examples[(int)i!]!, (int)i!)),
        ];
    }

    private static TrainingExample Example(JsonNode node, int index)
    {
        int[] ids = [.. node["tokens"]!.AsArray().Select(t => (int)t!)];
        int start = (int)node["completion_start"]!;
        return new TrainingExample($"example/{index}", ids, [.. ids.Select((_, i) => i >= start)]);
    }

    private static TrainingExample[] Examples(int count)
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
}
