using Fulcrum.Statistics;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Some of many, evenly spread.</summary>
public sealed class EvenSampleTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(200, 200, 1)]
    [InlineData(201, 101, 2)]
    [InlineData(399, 200, 2)]
    [InlineData(14_000, 200, 70)]
    public void There_are_never_more_than_asked_for(int count, int chosen, int step)
    {
        int[] sample = EvenSample.Of(count, 200);

        Assert.Equal(Enumerable.Range(0, chosen).Select(i => i * step), sample);
    }
}
