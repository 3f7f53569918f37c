using Fulcrum.Models;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class BadInputTests
{
    [Fact]
    public void Truncated_weights_are_named()
    {
        string folder = Copy();
        using (FileStream file = File.OpenWrite(Path.Combine(folder, "model.safetensors")))
        {
            file.SetLength(100_000);
        }

        Assert.Contains("truncated", Refused(folder));
    }

    [Fact]
    public void Missing_weights_are_named()
    {
        string folder = Copy();
        File.Delete(Path.Combine(folder, "model.safetensors"));

        Assert.Contains("no weights", Refused(folder));
    }

    [Theory]
    [InlineData("\"qwen2\"", "\"gpt9\"", "unknown architecture")]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": 128", "shape")]
    [InlineData("\"silu\"", "\"gelu\"", "hidden_act")]
    public void A_configuration_that_does_not_fit_is_named(string from, string to, string says)
    {
        string folder = Copy(),
            path = Path.Combine(folder, "config.json"),
            text = File.ReadAllText(path);
        Assert.Contains(from, text);
        File.WriteAllText(path, text.Replace(from, to));

        Assert.Contains(says, Refused(folder));
    }

    [Fact]
    public void An_adapter_of_another_shape_is_refused_by_tensor()
    {
        InputException refused = Assert.Throws<InputException>(() =>
            new TorchEngine().Open(
                ModelSpec.InFolder(SharedData.Of("golden", "models", "qwen3"), Dtype.F32, device: "cpu") with
                {
                    Adapter = new AppliedAdapter(SharedData.Of("golden", "lora", "seed-config")),
                }
            )
        );

        Assert.Contains("lora_", refused.Message);
    }

    private static string Refused(string folder) =>
        Assert
            .Throws<InputException>(() => new TorchEngine().Open(ModelSpec.InFolder(folder, Dtype.F32, device: "cpu")))
            .Message;

    private static string Copy()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            File.WriteAllBytes(
                Path.Combine(folder, name),
                File.ReadAllBytes(SharedData.Of("golden", "models", "qwen2-tied", name))
            );
        }

        return folder;
    }
}
