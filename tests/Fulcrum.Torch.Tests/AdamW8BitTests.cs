using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class AdamW8BitTests
{
    [Theory]
    [InlineData("large", true)]
    [InlineData("large", false)]
    [InlineData("small", false)]
    public void Five_steps_and_the_state_are_those_of_bitsandbytes(string name, bool paged)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile golden = SafetensorsFile.Open(
            SharedData.Of("golden", "adam8bit", "adam8bit.safetensors")
        );
        Tensor parameter = golden.Read($"{name}.initial").requires_grad_();
        string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "state");
        using (AdamW8Bit optimizer = new([("p", parameter)], 1e-2, paged ? file : null))
        {
            for (int step = 0; step < 5; step++)
            {
                Slope(parameter, golden.Read($"{name}.gradient{step}"));
                optimizer.Step(1e-2);
                Assert.InRange((parameter - golden.Read($"{name}.parameter{step}")).abs().max().ToDouble(), 0, 1e-5);
            }

            Assert.Equal(
                paged,
                Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + ".*").Any()
            );
            foreach ((string section, Tensor value) in optimizer.State)
            {
                Tensor expected = golden.Read($"{name}.state.{section["p.".Length..]}");
                Assert.InRange(
                    (value.to_type(ScalarType.Float32) - expected.to_type(ScalarType.Float32)).abs().max().ToDouble(),
                    0,
                    value.dtype == ScalarType.Byte ? 0 : 1e-6
                );
            }
        }

        Assert.False(File.Exists(file));
    }

    [Fact]
    public void Restored_optimizer_state_continues_byte_identically()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor whole = randn(5000, ScalarType.Float32, generator: new Generator(3, CPU)).requires_grad_(),
            cut = whole.detach().clone().requires_grad_();
        Tensor[] slopes =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => randn(5000, ScalarType.Float32, generator: new Generator((ulong)i, CPU))),
        ];
        using AdamW8Bit one = new([("p", whole)], 0.01),
            first = new([("p", cut)], 0.01),
            second = new([("p", cut)], 0.01, Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        Steps(one, whole, slopes);
        Steps(first, cut, slopes[..2]);

        Dictionary<string, Tensor> state = first.State.ToDictionary(s => s.Name, s => s.Value);
        second.Restore(first.Steps, name => state[name]);
        Steps(second, cut, slopes[2..]);

        Assert.Equal(whole.data<float>().ToArray(), cut.data<float>().ToArray());
    }

    private static void Steps(AdamW8Bit optimizer, Tensor parameter, Tensor[] slopes)
    {
        foreach (Tensor slope in slopes)
        {
            Slope(parameter, slope);
            optimizer.Step(1e-2);
        }
    }

    private static void Slope(Tensor parameter, Tensor gradient)
    {
        parameter.grad?.zero_();
        (parameter * gradient).sum().backward();
    }
}
