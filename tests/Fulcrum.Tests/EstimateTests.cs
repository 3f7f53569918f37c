using Fulcrum.Models;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

public sealed class EstimateTests
{
    [Fact]
    public void A_training_of_another_form_has_a_rate_of_its_own()
    {
        TrainingText[] texts =
        [
            .. Enumerable.Range(0, 40).Select(i => new TrainingText($"{i}", "", new Prompt.Text("p"), "c")),
        ];
        TrainPlan lora = new(Epochs: 1, BatchSize: 4),
            dora = lora with { Dora = true, Epochs = 2 };
        int tried = 0;

        double seconds = Estimate.TrainingSeconds(
            [(lora, texts), (lora with { LearningRate = 1e-5 }, texts), (dora, texts)],
            t =>
            {
                tried++;
                return t.Item1.Dora ? 1 : 0.1;
            }
        );

        Assert.Equal(2, tried);
        Assert.Equal((2 * 40 * 0.1) + (2 * 40 * 1), seconds, 1e-9);
    }

    [Theory]
    [InlineData(1, 0, 13 + 6 + 4 + 30)] // loads, measurements, the check and trainings, one after the other
    [InlineData(2, 0, 9 + 9 + 9 + 2)] // the other process does three candidates while this one does base and two
    [InlineData(2, 2, 5.5 + 27 + 2)] // the base in two parts, then the candidates
    [InlineData(8, 0, 9 + 2)]
    public void Study_in_several_processes_takes_as_long_as_the_busiest_one(int jobs, int baseJobs, double seconds)
    {
        Estimate estimate = new(1, 1, 4, 30, Measurements: 6, Trainings: 5, 0) { Jobs = jobs, BaseJobs = baseJobs };

        Assert.Equal(seconds, estimate.Seconds);
        Assert.Equal(jobs > 1, $"{estimate}".Contains($"for the whole study in {jobs} processes at the same time"));
    }
}
