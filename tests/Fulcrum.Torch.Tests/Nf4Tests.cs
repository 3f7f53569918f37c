using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class Nf4Tests
{
    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("odd")]
    public void Codes_and_scales_are_those_of_bitsandbytes(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile golden = Golden();
        Tensor weight = golden.Read($"{name}.single.weight");

        using Nf4Weight single = Nf4Weight.Of(weight, false, ScalarType.Float32, CPU),
            doubled = Nf4Weight.Of(weight, true, ScalarType.Float32, CPU);

        Assert.Equal(
            golden.Read($"{name}.single.packed").data<byte>().ToArray(),
            single.Quantized.data<byte>().ToArray()
        );
        Assert.Equal(
            golden.Read($"{name}.single.absmax").data<float>().ToArray(),
            single.Scales().data<float>().ToArray()
        );
        Assert.Equal(
            golden.Read($"{name}.double.packed").data<byte>().ToArray(),
            doubled.Quantized.data<byte>().ToArray()
        );
        Assert.Equal(
            golden.Read($"{name}.double.absmax_quantized").data<byte>().ToArray(),
            doubled.NestedCodes!.data<byte>().ToArray()
        );
        Assert.InRange(Largest(single.Dense() - golden.Read($"{name}.single.dequantized")), 0, 1e-6);
        Assert.InRange(Largest(doubled.Dense() - golden.Read($"{name}.double.dequantized")), 0, 1e-6);
    }

    [Fact]
    public void The_maps_are_those_of_bitsandbytes()
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile golden = Golden();

        Assert.Equal(golden.Read("nf4_code").data<float>().ToArray(), Nf4.Levels.ToArray());
        Assert.Equal(golden.Read("dynamic_map_signed").data<float>().ToArray(), DynamicMap.Signed.Values);
        Assert.Equal(golden.Read("dynamic_map_unsigned").data<float>().ToArray(), DynamicMap.Unsigned.Values);
    }

    [Fact]
    public void Logits_of_a_quantised_model_are_those_of_the_reference()
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile golden = SafetensorsFile.Open(
            SharedData.Of("golden", "nf4", "qwen2-untied-nf4-logits.safetensors")
        );
        using LanguageModel model = new TorchEngine().LoadModel(
            ModelSpec.InFolder(
                SharedData.Of("golden", "models", "qwen2-untied"),
                Dtype.F32,
                Quantization.Nf4Double,
                "cpu"
            )
        );
        Tensor ids = golden.Read("input_ids");

        using IDisposable frozen = no_grad();
        Tensor hidden = model.Forward(ids, arange(ids.shape[1]).expand(ids.shape), new CausalAttention());

        Assert.InRange(Largest(model.LogitsAt(hidden) - golden.Read("logits")), 0, 1e-4);
    }

    // 100 x 97 weights: a last block that is short and rows that share blocks; in parts of 64 rows for few inputs. Sums
    // reach 40, whose last place in float32 is 4e-6, and the two products add in different orders.
    [Theory]
    [InlineData(ScalarType.Float32, 3, 3e-5)]
    [InlineData(ScalarType.Float32, 40, 3e-5)]
    [InlineData(ScalarType.BFloat16, 40, 0.15)]
    [InlineData(ScalarType.Float16, 40, 0.02)]
    public void Product_and_gradient_are_those_of_the_dense_matrix(ScalarType dtype, int rows, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        using Nf4Weight weight = Nf4Weight.Of(Random(100, 97), true, dtype, CPU);
        Tensor input = Random(rows, 97).to_type(dtype).requires_grad_(),
            same = input.detach().clone().requires_grad_();
        Tensor direction = Random(rows, 100).to_type(dtype),
            dense = weight.Dense();

        Tensor packed = weight.Multiply(input),
            plain = nn.functional.linear(same, dense);
        autograd.backward([packed, plain], [direction, direction]);

        Assert.InRange(Largest(packed - plain), 0, tolerance);
        Assert.InRange(Largest(input.grad! - same.grad!), 0, tolerance);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Every_code_decodes_to_its_level_times_the_scale(ScalarType dtype)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = Random(50, 128);
        using Nf4Weight coded = Nf4Weight.Of(weight, false, dtype, CPU);
        Tensor bytes = coded.Quantized.to_type(ScalarType.Int32),
            codes = stack([bytes.bitwise_right_shift(4), bytes.bitwise_and(15)], 1).flatten();
        Tensor expected = (tensor(Nf4.Levels.ToArray()).index_select(0, codes) * coded.Scales().repeat_interleave(64))
            .view(50, 128)
            .to_type(dtype);

        Assert.Equal(0, Largest(coded.Dense() - expected));
    }

    [Fact]
    public void A_merged_adapter_lies_in_the_dequantised_weight()
    {
        using DisposeScope scope = NewDisposeScope();
        using Projection projection = new("p", Nf4Weight.Of(Random(64, 32), true, ScalarType.Float32, CPU), null);
        projection.Attach(new Adapter(Random(4, 32), Random(64, 4), 0.5));
        Tensor input = Random(5, 32),
            beside = projection.Forward(input);

        projection.Merge();

        Assert.Null(projection.Quantized);
        Assert.InRange(Largest(projection.Forward(input) - beside), 0, 1e-4);
    }

    private static SafetensorsFile Golden() => SafetensorsFile.Open(SharedData.Of("golden", "nf4", "nf4.safetensors"));

    private static Tensor Random(params long[] shape) =>
        randn(shape, ScalarType.Float32, generator: new Generator(5, CPU));

    private static double Largest(Tensor difference) => difference.to_type(ScalarType.Float32).abs().max().ToDouble();
}
