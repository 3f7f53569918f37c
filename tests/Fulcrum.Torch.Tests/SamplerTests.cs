using Fulcrum.Models;
using Fulcrum.Torch.Inference;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class SamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(499)]
    [InlineData(500)]
    public void The_most_likely_tokens_are_those_of_a_full_sort_and_of_equals_the_lower_ids(int k)
    {
        Random random = new(3);
        float[] logits = [.. Enumerable.Range(0, 500).Select(_ => (float)random.Next(40))];

        Assert.Equal(Sampler.MostLikely(logits, 0).Take(k), Sampler.MostLikely(logits, k));
    }

    [Fact]
    public void Draws_follow_temperature_and_stay_within_top_k_and_top_p()
    {
        // At temperature 0.5 the logits 2, 1, 0, -1 become 4, 2, 0, -2: 0.8668, 0.1173 and so on; top p 0.9 keeps two
        // of them, 0.8808 and 0.1192.
        Random random = new(5);
        int[] draws =
        [
            .. Enumerable
                .Range(0, 4000)
                .Select(_ => Sampler.Draw([2, 1, 0, -1], new Sampling(0.5, 3, 0.9), random, [])),
        ];

        Assert.Equal([0, 1], draws.Distinct().Order());
        Assert.Equal(0.8808, draws.Count(d => d == 0) / 4000.0, 0.02);
    }

    [Fact]
    public void A_token_that_was_seen_is_made_less_likely_whatever_its_sign()
    {
        Sampling sampling = new(TopK: 1, RepetitionPenalty: 1.5);

        Assert.Equal(1, Sampler.Draw([1.2f, 1, 0], sampling, new Random(1), [0]));
        Assert.Equal(1, Sampler.Draw([-1, -1.2f, -9], sampling, new Random(1), [0, 0]));
    }
}
