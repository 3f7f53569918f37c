using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

public sealed class ColumnCopyTests
{
    // 37 rows and 130 columns are whole tiles neither way; the copy begins at the fifth of 45 columns.
    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16, ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    public void A_matrix_of_rows_becomes_columns_of_another(ScalarType from, ScalarType to)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor stored = arange(37 * 130, dtype: ScalarType.Float32).view(37, 130).sin().to_type(from),
            laid = full([130, 45], 7, to),
            expected = laid.clone();
        expected.narrow(1, 5, 37).copy_(stored.t());

        ColumnCopy.Run(NativeTensor.DataPointer(stored), from, 37, 130, laid, 5);

        Assert.True(ColumnCopy.Supports(from, to));
        Assert.True(laid.eq(expected).all().ToBoolean());
    }

    [Fact]
    public void Other_pairs_of_types_are_converted_first() =>
        Assert.False(
            ColumnCopy.Supports(ScalarType.Float64, ScalarType.Float32)
                || ColumnCopy.Supports(ScalarType.Float32, ScalarType.BFloat16)
                || ColumnCopy.Supports(ScalarType.Float16, ScalarType.Float32)
        );
}
