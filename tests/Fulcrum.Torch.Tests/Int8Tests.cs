using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class Int8Tests
{
    // A row of 127, -64, 0.4 and 63.5 has the scale 1: half to even makes 0 of 0.4 and 64 of 63.5.
    [Fact]
    public void A_code_is_the_nearest_multiple_of_the_rows_scale()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = tensor(new float[] { 127, -64, 0.4f, 63.5f, 0, 0, 0, 0, 254, -1, 1, 3 }).view(3, 4);

        using Int8Weight coded = Int8Weight.Of(weight);

        Assert.Equal([1f, 0, 2], coded.Scales.data<float>().ToArray()[..3]);
        Assert.Equal([127f, -64, 0, 64, 0, 0, 0, 0, 254, 0, 0, 4], coded.Dense().data<float>().ToArray());
    }

    // Codes of both sides are exact here, so the product is that of the dense matrices.
    [Fact]
    public void A_product_of_whole_numbers_is_exact()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Whole(5, 128),
            weight = Whole(32, 128);

        using Int8Weight coded = Int8Weight.Of(weight);

        Assert.True(coded.Forward(input).eq(input.matmul(weight.t())).all().ToBoolean());
    }

    // 40 outputs are two blocks and a half; 100 inputs are a group and a part of one; rows are tiles of four and more.
    [Theory]
    [InlineData(1, 32, 64)]
    [InlineData(4, 48, 192)]
    [InlineData(7, 40, 100)]
    [InlineData(33, 16, 896)]
    public void The_fast_product_is_that_of_the_plain_one_to_the_bit(int rows, int outs, int ins)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Random(rows, ins) * Random(1, ins).exp();
        using Int8Weight coded = Int8Weight.Of(Random(outs, ins));

        Assert.True(
            Int8Matmul.Multiply(input, coded).eq(Int8Matmul.Multiply(input, coded, plain: true)).all().ToBoolean()
        );
    }

    [Fact]
    public void A_rows_result_does_not_depend_on_other_rows()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Random(9, 192);
        using Int8Weight coded = Int8Weight.Of(Random(32, 192));

        Assert.True(coded.Forward(input).narrow(0, 6, 1).eq(coded.Forward(input.narrow(0, 6, 1))).all().ToBoolean());
    }

    // Rounding of either side is at most 1/254 of the largest value of its group or row.
    [Fact]
    public void The_product_differs_from_the_dense_one_by_the_rounding_of_both_sides()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Random(6, 256),
            weight = Random(64, 256);
        using Int8Weight coded = Int8Weight.Of(weight);
        Tensor steps = (weight.abs().max(1).values / 254).unsqueeze(0) * input.abs().sum(1).unsqueeze(1),
            others = (input.view(6, 4, 64).abs().max(2).values / 254).matmul(
                coded.Dense().abs().view(64, 4, 64).sum(2).t()
            );

        Tensor difference = (coded.Forward(input) - input.matmul(weight.t())).abs();

        Assert.True((difference <= (steps + others) * 1.001).all().ToBoolean());
    }

    [Fact]
    public void The_gradient_of_the_input_is_that_of_the_dense_matrix()
    {
        using DisposeScope scope = NewDisposeScope();
        using Int8Weight coded = Int8Weight.Of(Random(32, 64));
        Tensor input = Random(3, 64).requires_grad_(),
            direction = Random(3, 32);

        autograd.backward([coded.Multiply(input)], [direction]);

        Assert.True(input.grad!.allclose(direction.matmul(coded.Dense())));
    }

    [Fact]
    public void Numbers_that_are_not_finite_do_not_become_finite()
    {
        using DisposeScope scope = NewDisposeScope();
        using Int8Weight coded = Int8Weight.Of(ones(16, 64));
        Tensor input = ones(2, 64);
        input[0, 3] = float.NaN;

        Tensor output = coded.Forward(input);

        Assert.True(output[0].isnan().all().ToBoolean());
        Assert.True(output[1].isfinite().all().ToBoolean());
    }

    [Fact]
    public void Logits_of_a_model_are_near_those_in_float32_and_an_adapter_acts_as_there()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        ModelSpec plan = ModelSpec.InFolder(
            SharedData.Of("golden", "models", "qwen2-untied"),
            Dtype.F32,
            device: "cpu"
        );
        using LanguageModel full = new TorchEngine().LoadModel(plan),
            coded = new TorchEngine().LoadModel(plan with { Dtype = Dtype.Int8 });
        foreach (LanguageModel model in (LanguageModel[])[full, coded])
        {
            model.AttachAdapter(new LoraConfig(4, 8, ["q_proj", "down_proj"]), seed: 1);
            foreach (Projection p in model.Projections.Where(p => p.Adapter is not null))
            {
                p.Adapter!.Parameters.Last().Value.fill_(0.01f);
            }
        }

        Tensor ids = arange(40).unsqueeze(0);
        Tensor[] logits =
        [
            .. new[] { full, coded }.Select(m =>
                m.LogitsAt(m.Forward(ids, arange(40).unsqueeze(0), new CausalAttention())).log_softmax(-1)
            ),
        ];

        Assert.All(coded.Projections, p => Assert.IsType<Int8Weight>(p.Quantized));
        Assert.InRange((logits[0] - logits[1]).abs().mean().ToDouble(), 1e-6, 0.1);
    }

    [Fact]
    public void What_int8_does_not_do_is_refused()
    {
        ModelSpec plan = ModelSpec.InFolder(SharedData.Of("golden", "models", "qwen2-untied"), Dtype.Int8);
        TorchEngine engine = new();

        Assert.Equal("cpu", engine.Resolve(plan).Device);
        Assert.Contains(
            "both say",
            Assert.Throws<InputException>(() => engine.Resolve(plan with { Quantization = Quantization.Nf4 })).Message
        );
        Assert.Contains(
            "on a CPU only",
            Assert.Throws<InputException>(() => engine.Resolve(plan with { Device = "cuda" })).Message
        );
        Assert.Contains(
            "for measuring only",
            Assert.Throws<InputException>(() => engine.Train(plan, new TrainPlan(), [], "nowhere")).Message
        );
        Assert.Contains(
            "no model is written in int8",
            Assert.Throws<InputException>(() => MergedModel.Write(plan, "nowhere")).Message
        );
    }

    // -127 to 127, each of both ends somewhere in every group and row.
    private static Tensor Whole(int rows, int columns)
    {
        Tensor numbers = Random(rows, columns).mul(40).round().clamp(-126, 126);
        numbers.narrow(1, 0, 1).fill_(127);
        numbers.narrow(1, 64, 1).fill_(-127);
        return numbers;
    }

    private static Tensor Random(params long[] shape) =>
        randn(shape, ScalarType.Float32, generator: new Generator(5, CPU));
}
