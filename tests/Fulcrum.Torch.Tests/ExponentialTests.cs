using System.Runtime.Intrinsics;
using Fulcrum.Torch.Kernels;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class ExponentialTests
{
    [Fact]
    public void Exponential_is_exact_to_two_units_in_the_last_place_and_stays_finite()
    {
        float[] inputs = [.. Enumerable.Range(0, 8 * 22_000).Select(i => -87.3f + i * 0.001f)];
        for (int i = 0; i < inputs.Length; i += 8)
        {
            Vector256<float> results = Exponential.Of(Vector256.Create(inputs, i));
            for (int j = 0; j < 8 && inputs[i + j] <= 88; j++)
            {
                double wanted = Math.Exp(inputs[i + j]);
                Assert.True(
                    Math.Abs(results[j] - wanted) <= 2.4e-7 * wanted,
                    $"exp({inputs[i + j]:R}) is {wanted:R}, not {results[j]:R}"
                );
            }
        }

        Vector256<float> far = Exponential.Of(
            Vector256.Create(float.NegativeInfinity, -1000, 0, 1000, float.PositiveInfinity, float.NaN, 88, -88)
        );
        Assert.Equal((1f, true), (far[2], float.IsNaN(far[5])));
        Assert.All([far[0], far[1], far[7]], v => Assert.InRange(v, 0, 2e-38f));
        Assert.All([far[3], far[4], far[6]], v => Assert.InRange(v, 1.6e38f, float.MaxValue));
    }

    [Fact]
    public void A_weight_is_the_exponential_and_zero_where_a_sum_would_not_notice_it()
    {
        Vector256<float> inputs = Vector256.Create(
            0,
            -1,
            -59.9f,
            -60.1f,
            -88,
            float.NegativeInfinity,
            float.NaN,
            1e-3f
        );

        (Vector256<float> weights, Vector256<float> all) = (Exponential.Weight(inputs), Exponential.Of(inputs));

        Assert.All([0, 1, 2, 7], i => Assert.Equal(all[i], weights[i]));
        Assert.All([3, 4, 5], i => Assert.Equal(0, weights[i]));
        Assert.True(float.IsNaN(weights[6]));
    }

    [Fact]
    public void Sixteen_lanes_give_the_bits_of_eight()
    {
        float[] inputs =
        [
            .. Enumerable.Range(0, 16 * 8_000).Select(i => -100f + i * 0.0017f),
            .. Enumerable.Repeat(float.NegativeInfinity, 15),
            float.NaN,
        ];
        for (int i = 0; i < inputs.Length; i += 16)
        {
            Vector512<float> wide = Exponential.Weight(Vector512.Create(inputs, i));
            Assert.Equal(Exponential.Weight(Vector256.Create(inputs, i)).AsInt32(), wide.GetLower().AsInt32());
            Assert.Equal(Exponential.Weight(Vector256.Create(inputs, i + 8)).AsInt32(), wide.GetUpper().AsInt32());
        }
    }
}
