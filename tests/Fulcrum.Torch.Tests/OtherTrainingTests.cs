using Fulcrum.Models;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>A finished training is kept for the same base and the same initial adapter, and refused for others.</summary>
public sealed class OtherTrainingTests : IDisposable
{
    private static readonly string[] Files = ["config.json", "model.safetensors", "tokenizer.json"];

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Another_base_of_the_same_folder_name_does_not_keep_the_result()
    {
        string one = Base("one", 0),
            other = Base("other", 1),
            output = Path.Combine(folder, "adapter");

        Assert.Equal(2, Steps(one, output, null));
        Assert.Equal(0, Steps(one, output, null));
        Assert.Contains("another training", Assert.Throws<InputException>(() => Steps(other, output, null)).Message);
    }

    [Fact]
    public void Another_initial_adapter_of_the_same_folder_name_does_not_keep_the_result()
    {
        string model = Base("one", 0),
            output = Path.Combine(folder, "adapter");
        string[] initial = ["a/first", "b/first"];
        for (int i = 0; i < 2; i++)
        {
            Steps(model, Path.Combine(folder, initial[i]), null, seed: i);
        }

        Assert.Equal(2, Steps(model, output, Path.Combine(folder, initial[0])));
        Assert.Equal(0, Steps(model, output, Path.Combine(folder, initial[0])));
        Assert.Contains(
            "another training",
            Assert.Throws<InputException>(() => Steps(model, output, Path.Combine(folder, initial[1]))).Message
        );
    }

    private static int Steps(string model, string output, string? initial, int seed = 7)
    {
        int steps = 0;
        TrainingExample[] examples =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => new TrainingExample($"{i}", [5 + i, 6, 7, 8], [false, false, true, true])),
        ];
        new TorchEngine().Train(
            new ModelSpec(new ModelSource.Folder(model), Dtype.F32, Device: "cpu"),
            new TrainPlan(Epochs: 1, BatchSize: 2, Rank: 2, Seed: seed),
            examples,
            output,
            initial,
            givenOrder: true,
            _ => steps++,
            CancellationToken.None
        );
        return steps;
    }

    // A copy of the embedded model; a change in the configuration that means nothing makes another base of it.
    private string Base(string parent, int version)
    {
        string copy = Path.Combine(folder, parent, "model");
        Directory.CreateDirectory(copy);
        foreach (string file in Files)
        {
            File.Copy(Path.Combine(SharedData.Project, "assets", "model", file), Path.Combine(copy, file));
        }

        File.WriteAllText(
            Path.Combine(copy, "generation_config.json"),
            $$"""{"eos_token_id":0,"transformers_version":"{{version}}"}"""
        );
        return copy;
    }
}
