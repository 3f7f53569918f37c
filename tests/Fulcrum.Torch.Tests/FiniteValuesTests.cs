using Fulcrum.Models;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Weights that are NaN or infinite are found while they are read.</summary>
public sealed class FiniteValuesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // 100 values are no whole vectors of any type.
    [Theory]
    [InlineData(ScalarType.Float32, float.MaxValue, float.Epsilon)]
    [InlineData(ScalarType.Float64, double.MaxValue, double.Epsilon)]
    [InlineData(ScalarType.BFloat16, 3.38e38, 1e-40)]
    [InlineData(ScalarType.Float16, 65504.0, 6e-8)]
    public void The_first_value_that_is_not_finite_is_found_wherever_it_is(ScalarType dtype, double most, double least)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(new[] { most, -most, least, 0 }, dtype: ScalarType.Float64).to_type(dtype).repeat(25);

        Assert.Equal(FiniteValues.None, First(values));
        foreach (int at in (int[])[99, 64, 31, 0])
        {
            values[at] = at % 2 == 0 ? double.NaN : double.NegativeInfinity;
            Assert.Equal(at, First(values));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(300_000)]
    [InlineData(0)]
    public void Values_are_copied_and_the_first_of_all_threads_is_returned(int other)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = arange(400_000, dtype: ScalarType.Float32),
            copy = empty_like(values);
        values[other] = values[399_999] = float.PositiveInfinity;

        Assert.Equal(
            other,
            FiniteValues.Copy(
                NativeTensor.DataPointer(values),
                NativeTensor.DataPointer(copy),
                values.dtype,
                values.NumberOfElements
            )
        );
        Assert.True(values.eq(copy).all().ToBoolean());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(16, 129)]
    [InlineData(36, 77)]
    public void A_copy_of_columns_returns_the_first_such_value(int row, int column)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor stored = ones(37, 130, dtype: ScalarType.BFloat16),
            to = zeros(130, 37);
        stored[row, column] = stored[36, 129] = float.NaN;

        Assert.Equal(
            row * 130 + column,
            ColumnCopy.Run(NativeTensor.DataPointer(stored), stored.dtype, 37, 130, to, 0)
        );
    }

    [Theory]
    [InlineData("self_attn.q_proj.weight", Dtype.F32, float.NaN)]
    [InlineData("self_attn.q_proj.weight", Dtype.Bf16, float.PositiveInfinity)]
    [InlineData("self_attn.k_proj.weight", Dtype.Int8, float.NaN)]
    [InlineData("mlp.down_proj.weight", Dtype.F32, float.NegativeInfinity)]
    public void A_model_with_such_a_weight_is_refused_with_tensor_and_place(string name, Dtype dtype, float value)
    {
        Spoil($"model.layers.1.{name}", (3 * Width(name)) + 5, value);

        Assert.Contains($"'model.layers.1.{name}' holds NaN or an infinite value at [3, 5]", Refused(dtype));
    }

    [Theory]
    [InlineData("model.norm.weight", Dtype.F32)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", Dtype.F32)]
    public void A_vector_is_checked_too(string name, Dtype dtype)
    {
        Spoil(name, 7, float.NaN);

        Assert.Contains($"'{name}' holds NaN or an infinite value at [7]", Refused(dtype));
    }

    [Fact]
    public void A_value_that_is_too_large_for_the_chosen_type_is_told_apart()
    {
        Spoil("model.layers.0.self_attn.q_proj.weight", 65, 70_000);

        Assert.Contains("has a value at [1, 1] that is too large for Float16; choose a wider type", Refused(Dtype.F16));
        using (new TorchEngine().LoadModel(ModelSpec.InFolder(folder, Dtype.Bf16, device: "cpu"))) { }
    }

    private static long First(Tensor values) =>
        FiniteValues.FirstOther(NativeTensor.DataPointer(values), values.dtype, values.NumberOfElements);

    private static int Width(string name) => name.StartsWith("mlp.down", StringComparison.Ordinal) ? 160 : 64;

    private string Refused(Dtype dtype) =>
        Assert
            .Throws<InputException>(() =>
                new TorchEngine().LoadModel(ModelSpec.InFolder(folder, dtype, device: "cpu")).Dispose()
            )
            .Message;

    private void Spoil(string tensor, long at, float value)
    {
        string weights = Path.Combine(folder, "model.safetensors");
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            byte[] bytes = File.ReadAllBytes(SharedData.Of("golden", "models", "qwen2-tied", name));
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        }

        long offset;
        using (SafetensorsFile file = SafetensorsFile.Open(weights))
        {
            offset = file.Tensors[tensor].Offset;
        }

        using FileStream stream = File.OpenWrite(weights);
        stream.Position = offset + at * sizeof(float);
        stream.Write(BitConverter.GetBytes(value));
    }
}
