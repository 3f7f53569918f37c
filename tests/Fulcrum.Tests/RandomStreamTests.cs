using Fulcrum.Statistics;
using Xunit;

namespace Fulcrum.Tests;

public sealed class RandomStreamTests
{
    /// <summary>Expected numbers from an independent computation of the documented generator.</summary>
    [Fact]
    public void A_seed_and_a_purpose_give_the_documented_numbers()
    {
        RandomStream stream = RandomStream.For(42, "test");
        Assert.Equal([591, 746, 364, 869, 276, 769, 924, 43], Enumerable.Range(0, 8).Select(_ => stream.NextInt(1000)));
    }

    [Fact]
    public void Another_purpose_gives_other_numbers() =>
        Assert.NotEqual(RandomStream.For(42, "a").NextDouble(), RandomStream.For(42, "b").NextDouble());

    [Fact]
    public void A_shuffle_keeps_every_item()
    {
        int[] items = [.. Enumerable.Range(0, 100)];
        RandomStream.For(0, "shuffle").Shuffle(items.AsSpan());
        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
    }
}
