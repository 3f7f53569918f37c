using Fulcrum.Models;
using Xunit;

namespace Fulcrum.Tests;

public sealed class TrainStepsTests
{
    [Theory]
    [InlineData(10, 4, 3, 3, 9)]
    [InlineData(8, 4, 3, 2, 6)]
    [InlineData(5, int.MaxValue, 2, 1, 2)]
    [InlineData(1_000_000, 1, 1_000_000, 1_000_000, int.MaxValue)]
    public void Steps_follow_from_examples_batch_and_epochs(int examples, int batch, int epochs, int each, int all)
    {
        TrainPlan plan = new(Epochs: epochs, BatchSize: batch);

        Assert.Equal((each, all), (TrainSteps.PerEpoch(plan, examples), TrainSteps.Of(plan, examples)));
    }

    [Fact]
    public void Examples_that_are_held_out_take_no_step() =>
        Assert.Equal(4, TrainSteps.Of(new TrainPlan(Epochs: 2, BatchSize: 4, ValidationShare: 0.2), 10));
}
